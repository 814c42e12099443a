import { printable } from './printable.ts';

/** Spreadsheets run a text with such a start as a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const cell = (value: string | number | null): string => {
  // Control characters in a name must not steer a terminal that shows the file; tabs and line ends belong to the
  // format.
  const plain = (value === null ? '' : String(value)).replace(/[^\t\r\n]+/g, printable);
  // Spreadsheets mark a text with an apostrophe.
  const text = FORMULA.test(plain) && !NUMBER.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/**
 * Formats rows as comma-separated values (RFC 4180); null is an empty cell. A text that a spreadsheet would run as a
 * formula gets an apostrophe before it; numbers are unchanged. Control characters are made visible.
 */
export const formatCsv = (rows: readonly (readonly (string | number | null)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
