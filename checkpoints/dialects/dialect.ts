import type { Shapes } from '../shapes.ts';

/** What a checkpoint's dialect says of an image classifier beside the shapes of its tensors. */
export interface DialectConfig {
  readonly stem: 'imagenet' | 'cifar';
  /** The classes, where the head has as many as those of the data set that such checkpoints are trained on. */
  readonly categories?: readonly { readonly name: string; readonly wnid?: string }[];
}

/** How one framework, or one paper's code, names the tensors of a network. */
export interface Dialect {
  /** What a message calls a file of it, such as `a detector of MMDetection`. */
  readonly name: string;
  /** The names that tell it, wrappers such as `module.` left out; none where a file is of another dialect. */
  recognize(shapes: Shapes): readonly string[];
  /** The name that a tensor has here. Without it, files are told by name, but not read. */
  readonly rename?: (name: string) => string;
  /** The first parts of its names, such as `layer1`: what stands before one is a wrapper. */
  readonly firstPart?: RegExp;
  readonly config?: (shapes: Shapes) => DialectConfig;
}

/** `recognize` of a dialect whose names alone tell it. */
export const namesLike =
  (pattern: RegExp): Dialect['recognize'] =>
  (shapes) =>
    [...shapes.keys()].filter((name) => pattern.test(name));
