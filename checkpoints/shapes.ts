/** Shapes by tensor name, which tell a checkpoint's architecture. */
export type Shapes = ReadonlyMap<string, readonly number[]>;
