/** Escaping and the head of all HTML files: the policy lets a page load nothing. */
import { createHash } from 'node:crypto';

/** Escapes text for HTML content and quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

/** Data for a script element: without `<` it has no end tag or comment, whatever a file or label is called. */
export const inertJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * The start of a file up to `</head>`. Its policy lets the page load nothing and use only `styles` and `scripts`, which
 * the body must contain.
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
