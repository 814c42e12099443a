import { isOrientation, type Orientation, readOrientationTag } from './exif-orientation.ts';
import { pngText } from './png/png-text.ts';

const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';

/**
 * Collects a file's orientation tags and decides as Pillow's `exif_transpose`: the EXIF block; for PNG else
 * ImageMagick's profile in a text chunk; without such a tag, `tiff:Orientation` of the XMP packet.
 */
export class OrientationTags {
  readonly #exif: Uint8Array[] = [];
  #profile: (() => string | undefined) | undefined;
  #xmp: (() => string | undefined) | undefined;

  /** Takes the content of a JPEG file's APP1 segment. A long EXIF block spans several. */
  takeSegment(segment: Uint8Array): void {
    if (startsWith(segment, EXIF)) this.#exif.push(segment.subarray(EXIF.length));
    else if (startsWith(segment, XMP)) this.#xmp = () => Buffer.from(segment.subarray(XMP.length)).toString('latin1');
  }

  /** Takes a chunk of a PNG file. */
  takeChunk(type: string, content: Uint8Array): void {
    if (type === 'eXIf') this.#exif.splice(0, Infinity, content);
    const { keyword, text } = pngText(type, content) ?? {};
    if (keyword === 'exif' && type === 'tEXt') this.#exif.splice(0, Infinity, Buffer.from(text!()!, 'latin1'));
    else if (keyword === 'Raw profile type exif') this.#profile = text;
    else if (keyword === 'XML:com.adobe.xmp') this.#xmp = text;
  }

  /** Whether a chunk of this type may affect the orientation. */
  static concernsChunk(type: string): boolean {
    return type === 'eXIf' || type === 'tEXt' || type === 'zTXt' || type === 'iTXt';
  }

  get orientation(): Orientation {
    const exif = this.#exif.length ? Buffer.concat(this.#exif) : profileBytes(this.#profile?.());
    const value = (exif && readOrientationTag(withoutPrefix(exif))) ?? this.#orientationInXmp();
    return isOrientation(value) ? value : 1;
  }

  #orientationInXmp(): number {
    return Number(/tiff:Orientation(?:="|>)(\d)/.exec(this.#xmp?.() ?? '')?.[1]);
  }
}

/** ImageMagick's profile: an empty line, the name, the length, then lines of hexadecimal digits. */
function profileBytes(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  const headings = /^(?:[^\n]*\n){3}/.exec(text)?.[0] ?? text;
  return Buffer.from(text.slice(headings.length).replace(/\s/g, ''), 'hex');
}

function withoutPrefix(exif: Uint8Array): Uint8Array {
  let tiff = exif;
  while (startsWith(tiff, EXIF)) tiff = tiff.subarray(EXIF.length);
  return tiff;
}

function startsWith(bytes: Uint8Array, tag: string): boolean {
  for (let i = 0; i < tag.length; i++) if (bytes[i] !== tag.charCodeAt(i)) return false;
  return true;
}
