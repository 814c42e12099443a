/** What every HTML file that is written here shares: text that stays text, and a head that lets the page load nothing. */
import { createHash } from 'node:crypto';

/** Text for HTML content and for quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

/** Data for a script element: no `<`, hence no end tag and no comment, whatever a file or label is called. */
export const inertJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * The beginning of a file up to `</head>`, with a policy that lets the page load nothing from anywhere, use no style but
 * `styles` and run no script but `scripts`, which its body is to hold.
 */
export function htmlHead(title: string, styles: readonly string[], scripts: readonly string[]): string {
  const allowed = (texts: readonly string[]) => (texts.length ? texts.map(hashOf).join(' ') : "'none'");
  const policy = `default-src 'none'; img-src data:; style-src ${allowed(styles)}; script-src ${allowed(scripts)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
${styles.map((text) => `<style>${text}</style>`).join('\n')}
</head>`;
}
