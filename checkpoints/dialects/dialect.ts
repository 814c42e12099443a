import type { Shapes } from '../shapes.ts';

/** What a dialect tells about an image classifier besides the shapes of its tensors. */
export interface DialectConfig {
  readonly stem: 'imagenet' | 'cifar';
  /** The class names, if the head has as many classes as the data set that such checkpoints are trained on. */
  readonly categories?: readonly { readonly name: string; readonly wnid?: string }[];
}

/** How one framework, or one paper's code, names the tensors of a network. */
export interface Dialect {
  /** What messages call such a file: `a detector of MMDetection`. */
  readonly name: string;
  /** The names that identify the dialect, without wrappers such as `module.`; empty if the file has another dialect. */
  recognize(shapes: Shapes): readonly string[];
  /** Translates a name to this toolkit's. Without `rename`, files are recognized and refused. */
  readonly rename?: (name: string) => string;
  /** The first parts of its names, such as `layer1`. Whatever precedes one of them is a wrapper. */
  readonly firstPart?: RegExp;
  readonly config?: (shapes: Shapes) => DialectConfig;
}

/** `recognize` of a dialect that names alone identify. */
export const namesLike =
  (pattern: RegExp): Dialect['recognize'] =>
  (shapes) =>
    [...shapes.keys()].filter((name) => pattern.test(name));
