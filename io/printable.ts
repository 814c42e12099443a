/**
 * Characters of file names that must not reach a terminal: control characters, and bidirectional or invisible ones that
 * disguise a name (`photo\u202egpj.exe` looks like `photoexe.jpg`).
 */
const STEERING = /(?!\n)[\p{Cc}\u2028\u2029\u200b\u2060\ufeff]|\p{Bidi_Control}/gu;

const hex = (char: string, digits: number): string => char.charCodeAt(0).toString(16).padStart(digits, '0');

/** The text with such characters made visible. */
export const printable = (text: string): string =>
  text.replace(STEERING, (char) => (char < '\u0100' ? `\\x${hex(char, 2)}` : `\\u${hex(char, 4)}`));

/** The JSON with such characters escaped; its value is the same. */
export const printableJson = (json: string): string => json.replace(STEERING, (char) => `\\u${hex(char, 4)}`);
