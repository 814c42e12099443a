import { printable } from '../../io/printable.ts';

/** Spreadsheets run a text that begins so as a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const cell = (value: string | number | null): string => {
  // Whoever looks at the file in a terminal is not steered by a name in it; tabs and line ends are the format's matter.
  const plain = (value === null ? '' : String(value)).replace(/[^\t\r\n]+/g, printable);
  // The apostrophe is how spreadsheets mark a text.
  const text = FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/**
 * Rows as comma-separated values (RFC 4180); null is an empty cell. A text that a spreadsheet would run as a formula gets
 * an apostrophe before it; numbers stay numbers. What steers a terminal is made visible.
 */
export const formatCsv = (rows: readonly (readonly (string | number | null)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
