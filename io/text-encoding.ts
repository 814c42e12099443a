/** Encodings of text files, detected by a byte-order mark, the NUL bytes of UTF-16, or an XML declaration. */

interface Mark {
  readonly encoding: string;
  readonly bytes: readonly number[];
}

/** UTF-32 comes first: its little-endian mark begins with that of UTF-16. */
const marks: readonly Mark[] = [
  { encoding: 'utf-32le', bytes: [0xff, 0xfe, 0, 0] },
  { encoding: 'utf-32be', bytes: [0, 0, 0xfe, 0xff] },
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];

/** This many bytes tell whether a file is UTF-16 without a mark. */
const SAMPLE = 1024;

function encodingOfMark(bytes: Uint8Array): string | undefined {
  return marks.find((mark) => mark.bytes.every((byte, at) => bytes[at] === byte))?.encoding;
}

/** Whether text begins with a byte-order mark. */
export const hasMark = (bytes: Uint8Array): boolean => encodingOfMark(bytes) !== undefined;

/**
 * UTF-16 without a mark: every other byte of ASCII characters, such as spaces and line ends, is NUL. A stray NUL does
 * not make other text UTF-16.
 */
function unmarkedUtf16(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, SAMPLE);
  if (!sample.length) return undefined;
  const nuls = [0, 0];
  for (const [at, byte] of sample.entries()) if (byte === 0) nuls[at % 2]++;
  const [atEven, atOdd] = nuls;
  const most = sample.length / 4;
  if (atOdd >= most && !atEven) return 'utf-16le';
  return atEven >= most && !atOdd ? 'utf-16be' : undefined;
}

/** @throws Error with the reason when the bytes are not in this encoding, or the encoding is unknown */
function decode(bytes: Uint8Array, encoding: string, source: string): string {
  const name = `${encoding.toUpperCase()}${source}`;
  const text = attempt(decoderOf(encoding, name), bytes, name);
  const at = text.indexOf('\0');
  if (at >= 0) {
    const line = text.slice(0, at).split(/\r\n|\n|\r/).length;
    throw new Error(`line ${line} has a NUL character, which no text has; save it as text in UTF-8`);
  }
  return text;
}

function decoderOf(encoding: string, name: string) {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new Error(`it is text in ${name}, which cannot be read here; save it as UTF-8`, { cause });
  }
}

/** Windows-1252 from 0x80 on, where Latin-1 has control characters. Node 20 decodes it as Latin-1. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
const windows1252 = (control: string): string => WINDOWS_1252[control.charCodeAt(0) - 0x80];

function attempt(decoder: ReturnType<typeof decoderOf>, bytes: Uint8Array, name: string): string {
  try {
    const text = decoder.decode(bytes);
    return decoder.encoding === 'windows-1252' ? text.replace(/[\x80-\x9f]/g, windows1252) : text;
  } catch (cause) {
    throw new Error(`it is not text in ${name}; save it as UTF-8`, { cause });
  }
}

/**
 * Decodes a file: UTF-8, or UTF-16 with or without a byte-order mark. The mark is left out.
 *
 * @throws Error with the reason when the text is in another encoding
 */
export function decodeText(bytes: Uint8Array): string {
  return decode(bytes, encodingOfMark(bytes) ?? unmarkedUtf16(bytes) ?? 'utf-8', '');
}

/** The encoding that an XML declaration names: `<?xml version="1.0" encoding="ISO-8859-1"?>`. */
const DECLARATION = /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/;

/**
 * Decodes an XML file. As in the standard, a byte-order mark overrides the declaration. A declaration of UTF-16 that
 * can be read byte by byte is wrong: the program saved in another encoding.
 *
 * @throws Error with the reason when the encoding is unknown, or is not the declared one
 */
export function decodeXml(bytes: Uint8Array): string {
  if (encodingOfMark(bytes) || unmarkedUtf16(bytes)) return decodeText(bytes);
  const head = Buffer.from(bytes.subarray(0, SAMPLE)).toString('latin1');
  const match = DECLARATION.exec(head);
  const declared = match && (match[1] ?? match[2]).trim();
  // TextDecoder takes ASCII for Windows-1252. Programs today mean UTF-8, which is a superset of ASCII too.
  if (!declared || /^(utf-?16|ucs-?2|iso-10646-ucs-2|(us-)?ascii$)/i.test(declared)) return decodeText(bytes);
  return decode(bytes, declared, ', as its XML declaration says');
}
