/** Options of detection as people write them, in flags and in requests. */

/** The sides of a tile, above 0: `640` or `640x480`; undefined for another text. */
export function tileSizeOf(text: string): readonly [width: number, height: number] | undefined {
  const [, width, height = width] = /^(\d{1,8})(?:[x×](\d{1,8}))?$/.exec(text) ?? [];
  return Number(width) > 0 && Number(height) > 0 ? [Number(width), Number(height)] : undefined;
}

/** The score of a category, from 0 to 1: `person=0.7`; undefined for another text. */
export function classScoreOf(text: string): readonly [name: string, score: number] | undefined {
  const [, name, score] = /^(.+?)\s*=\s*(\d*\.?\d+)$/.exec(text) ?? [];
  return name !== undefined && Number(score) <= 1 ? [name, Number(score)] : undefined;
}
