/** Shapes by tensor name: what a checkpoint says of its architecture. */
export type Shapes = ReadonlyMap<string, readonly number[]>;
