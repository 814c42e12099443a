/** Names that the folder or entry of a split may have; Roboflow writes `valid`. */
export const spellingsOfSplit = (split: string): readonly string[] =>
  /^val(id|idation)?$/i.test(split) ? [split, 'val', 'valid', 'validation'] : [split];
