/** Characters that a terminal shows two columns wide: CJK, kana, hangul, full-width forms, emoji. */
const WIDE =
  /^(?![\uff61-\uff9f])(\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u;
const graphemes = new Intl.Segmenter('en');

/** Columns that `text` takes on a terminal. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Pads `text` with spaces to `width` columns of a terminal. */
export const padColumns = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - displayWidth(text)));

/** Formats rows as aligned lines, with two spaces between columns. Columns with an `r` in `align` are right-aligned. */
export function formatTable(rows: readonly (readonly string[])[], align = '', indent = ''): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, displayWidth(cell));
  }
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const padded = padColumns(cell, widths[i]);
        return align[i] === 'r' ? padded.slice(cell.length) + cell : padded;
      })
      .join('  ')
      .trimEnd();
  return rows.map((row) => indent + line(row)).join('\n');
}

/** `1 image`, `2 images`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
