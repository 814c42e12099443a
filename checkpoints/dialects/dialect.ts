import type { PickleValue } from '../../io/pickle/pickle.ts';
import type { Shapes } from '../shapes.ts';
import type { StoredTensor } from '../stored-tensor.ts';

/** What a dialect tells about an image classifier besides the shapes of its tensors. */
export interface DialectConfig {
  readonly stem: 'imagenet' | 'cifar';
  /** The class names, if the head has as many classes as the data set that such checkpoints are trained on. */
  readonly categories?: readonly { readonly name: string; readonly wnid?: string }[];
}

/** The tensors of a file under its own names, and what is beside them. */
export interface ForeignContents {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The entries of the outermost dictionary of a pickle, such as `meta`; none of another file. */
  readonly entries: ReadonlyMap<string, PickleValue>;
}

/** The tensors of a file as this toolkit has them. */
export interface Translation {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Settings of a model's configuration that differ from torchvision's and that shapes do not tell. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the network has that is not read, such as `deformable convolutions`, and a name that tells; none if it is read. */
  readonly unread?: Unread | undefined;
}

/** What a network of a dialect has that is not read. */
export interface Unread {
  readonly what: string;
  /** Names of tensors that tell it. */
  readonly names: readonly string[];
}

/** The first of several things that are not read, by names; undefined if there is none. */
export function unreadOf(
  names: readonly string[],
  patterns: readonly (readonly [what: string, tells: RegExp])[],
): Unread | undefined {
  for (const [what, tells] of patterns) {
    const telling = names.filter((name) => tells.test(name));
    if (telling.length) return { what, names: telling };
  }
  return undefined;
}

/** How one framework, or one paper's code, names the tensors of a network. */
export interface Dialect {
  /** What messages call such a file: `a detector of MMDetection`. */
  readonly name: string;
  /** The names that identify the dialect, without wrappers such as `module.`; empty if the file has another dialect. */
  recognize(shapes: Shapes): readonly string[];
  /** Translates a name to this toolkit's. Without `rename` and `translate`, files are recognized and refused. */
  readonly rename?: (name: string) => string;
  /** In place of `rename`, where more than names differs: the order of rows, or settings. */
  readonly translate?: (contents: ForeignContents) => Translation;
  /** The first parts of its names, such as `layer1`. Whatever precedes one of them is a wrapper. */
  readonly firstPart?: RegExp;
  readonly config?: (shapes: Shapes) => DialectConfig;
}

/** Whether files of a dialect are read. */
export const isReadable = ({ rename, translate }: Dialect): boolean => Boolean(rename ?? translate);

/** `recognize` of a dialect that names alone identify. */
export const namesLike =
  (pattern: RegExp): Dialect['recognize'] =>
  (shapes) =>
    [...shapes.keys()].filter((name) => pattern.test(name));
