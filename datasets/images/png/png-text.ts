import { inflateSync } from 'node:zlib';

/** A text of a PNG file, such as its XMP packet. */
export interface PngText {
  readonly keyword: string;
  /** Inflates the text on demand, since a file may hold thousands; undefined when it is damaged. */
  readonly text: () => string | undefined;
}

/** Compressed text that inflates to more is not read, as in Pillow. */
const MAX_TEXT_BYTES = 1 << 20;

/** The text of a chunk (PNG, section 11.3.3); undefined when it has none. */
export function pngText(type: string, content: Uint8Array): PngText | undefined {
  if (type !== 'tEXt' && type !== 'zTXt' && type !== 'iTXt') return undefined;
  const keywordEnd = content.indexOf(0);
  if (keywordEnd < 1) return undefined;
  const keyword = Buffer.from(content.subarray(0, keywordEnd)).toString('latin1');
  const rest = content.subarray(keywordEnd + 1);
  if (type === 'tEXt') return { keyword, text: () => Buffer.from(rest).toString('latin1') };
  if (type === 'zTXt') {
    return { keyword, text: () => (rest[0] === 0 ? inflated(rest.subarray(1))?.toString('latin1') : undefined) };
  }
  // Compression flag and method, language, translated keyword, text.
  const languageEnd = rest.indexOf(0, 2);
  const translationEnd = languageEnd < 0 ? -1 : rest.indexOf(0, languageEnd + 1);
  if (translationEnd < 0) return undefined;
  const stored = rest.subarray(translationEnd + 1);
  if (rest[0] === 0) return { keyword, text: () => Buffer.from(stored).toString('utf8') };
  return { keyword, text: () => (rest[1] === 0 ? inflated(stored)?.toString('utf8') : undefined) };
}

function inflated(bytes: Uint8Array): Buffer | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_TEXT_BYTES });
  } catch {
    return undefined;
  }
}
