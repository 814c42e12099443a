/**
 * What a file's name may hold, but a terminal must not obey: control characters, and those that turn the direction of
 * writing or that nobody sees, by which one name passes for another (`photo\u202egpj.exe` looks like `photoexe.jpg`).
 */
const STEERING = /(?!\n)[\p{Cc}\u2028\u2029\u200b\u2060\ufeff]|\p{Bidi_Control}/gu;

const hex = (char: string, digits: number): string => char.charCodeAt(0).toString(16).padStart(digits, '0');

/** The text with what steers a terminal made visible. */
export const printable = (text: string): string =>
  text.replace(STEERING, (char) => (char < '\u0100' ? `\\x${hex(char, 2)}` : `\\u${hex(char, 4)}`));

/** JSON of the same value. */
export const printableJson = (json: string): string => json.replace(STEERING, (char) => `\\u${hex(char, 4)}`);
