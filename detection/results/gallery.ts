/**
 * The page that `detect --out` leaves beside its pictures: one HTML file with small previews, boxes over them, and ways
 * to filter, sort and enlarge. It needs no server and asks nothing of the network.
 *
 * Pictures are written as they come, so that memory does not grow with their number. They go to a partial file beside
 * the page, which `finish` renames; that file is a page of its own, and opens in a browser should the run be killed.
 */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Shapes, type SvgShapes, svgShapes } from '../../datasets/draw/svg-shapes.ts';
import { categoryPaint } from '../../datasets/index.ts';
import { inertJson } from '../../io/html.ts';
import { notWritable } from '../../io/not-writable.ts';
import { pageHead } from './gallery-page.ts';

/** As `detect` gives them; categories are told apart by their label. */
export interface GalleryDetection extends Shapes {
  /** Gives the color. */
  readonly category_id: number;
  readonly label: string;
  readonly score: number;
  /** x, y, width and height in pixels of the picture. */
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
}

export interface GalleryPicture {
  /** The name to show and search for. */
  readonly file: string;
  /** The size that boxes are measured in. */
  readonly width: number;
  readonly height: number;
  readonly detections: readonly GalleryDetection[];
  /** The picture without boxes as a JPEG of any size; see {@link previewSide}. */
  readonly preview: Uint8Array;
  /** Path of the full picture from the page's folder, with `/`, for an "open" link. */
  readonly link?: string;
}

/** What previews may take of a page, in bytes of base64. */
const PREVIEW_BUDGET = 80e6;
/** What masks and skeletons may take, in bytes; beyond it, objects of the lowest scores have only boxes. */
const SHAPES_BUDGET = 40e6;

/**
 * A preview's longer side in pixels, such that a page of that many pictures stays below about 100 MB (at JPEG quality
 * 75; photographs then take some 700 bytes + 0.17 byte per squared side). From 96 for 30,000 pictures and more to 960.
 */
export function previewSide(pictures: number): number {
  const bytes = ((PREVIEW_BUDGET / Math.max(1, pictures)) * 3) / 4;
  const side = Math.sqrt(Math.max(0, bytes - 700) / 0.17);
  return Math.min(960, Math.max(96, Math.floor(side / 16) * 16));
}

/** A relative reference, whatever the path holds; halves of surrogate pairs have no encoding. */
const hrefOf = (path: string) =>
  `./${path
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/')}`;

const round = (value: number, digits: number) => Number(value.toFixed(digits));

/** A score in four decimals that is above the same hundredths, in single precision, as the score itself. */
function roundUp(score: number): number {
  const up = Math.ceil(score * 1e4);
  return (Math.fround((up - 1) / 1e4) >= score ? up - 1 : up) / 1e4;
}

export class Gallery {
  readonly #path: string;
  readonly #partial: string;
  readonly #file: FileHandle;
  /** Masks are as fine as a preview of this longer side. */
  readonly #side: number;
  /** For the masks and skeletons of a picture, in bytes. */
  readonly #room: number;
  /** Writes follow one another in the order of the calls. */
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, partial: string, file: FileHandle, expected: number) {
    this.#path = path;
    this.#partial = partial;
    this.#file = file;
    this.#side = previewSide(expected);
    this.#room = SHAPES_BUDGET / Math.max(1, expected);
  }

  /**
   * Starts a page.
   * @param path Where the finished page goes, say DIR/index.html; until then it is DIR/index.partial.html
   * @param title Heading of the page
   * @param expected How many images the run sets out to do; a page with fewer says so
   * @param score Only objects above this score are shown until the slider is moved
   * @throws FILE_NOT_WRITABLE
   */
  static async create(path: string, title: string, expected: number, score = 0): Promise<Gallery> {
    const extension = extname(path);
    const partial = `${path.slice(0, path.length - extension.length)}.partial${extension}`;
    const refuse = (error: unknown): never => {
      throw notWritable(path, error);
    };
    // What is there may be a link to a file elsewhere.
    await rm(partial, { force: true }).catch(refuse);
    const gallery = new Gallery(path, partial, await open(partial, 'wx').catch(refuse), expected);
    try {
      await gallery.#write(pageHead(title, expected, score));
    } catch (error) {
      await gallery.discard();
      throw error;
    }
    return gallery;
  }

  /** Adds a picture. Detections without finite numbers are left out. */
  async add({ file, width, height, detections, preview, link }: GalleryPicture): Promise<void> {
    const best = detections
      .filter(({ score, bbox }) => [score, ...bbox].every(Number.isFinite))
      .sort((a, b) => b.score - a.score);
    const shapes = this.#shapesOf(best, Math.max(width, height) / this.#side);
    const objects = best.map(({ bbox, label, score }, i) => [
      ...[label, roundUp(score), ...bbox.map((side) => round(side, 1))],
      ...(shapes[i] ? [shapes[i]] : []),
    ]);
    const bare = best.slice(shapes.length).filter(({ keypoints, mask }) => keypoints || mask).length;
    const paints = Object.fromEntries(detections.map((one) => [one.label, categoryPaint(one.category_id)]));
    const record = {
      file,
      width,
      height,
      objects,
      paints,
      ...(bare && { bare }),
      ...(link === undefined ? {} : { link: hrefOf(link) }),
    };
    const base64 = Buffer.from(preview.buffer, preview.byteOffset, preview.byteLength).toString('base64');
    await this.#write(
      `<script type="application/json" class="picture">${inertJson(record)}</script>` +
        `<script type="text/plain" class="preview">${base64}</script>\n`,
    );
  }

  /** What objects have beside their boxes, as far as there is room; undefined for an object that has nothing. */
  #shapesOf(objects: readonly GalleryDetection[], detail: number): (SvgShapes | undefined)[] {
    const list: (SvgShapes | undefined)[] = [];
    let taken = 0;
    for (const object of objects) {
      const shapes = svgShapes(object, detail);
      const isEmpty = !shapes.mask && !shapes.pose;
      if (!isEmpty) taken += JSON.stringify(shapes).length;
      if (taken > this.#room) break;
      list.push(isEmpty ? undefined : shapes);
    }
    return list;
  }

  /** Adds an image that failed, with the reason. */
  async fail(file: string, error: string): Promise<void> {
    await this.#write(`<script type="application/json" class="failure">${inertJson({ file, error })}</script>\n`);
  }

  /** Ends the page, of all pictures or of those done so far, and puts it in its place. */
  async finish(): Promise<void> {
    await this.#write('</body>\n</html>\n');
    try {
      await this.#file.close();
      await rename(this.#partial, this.#path);
    } catch (error) {
      throw notWritable(this.#path, error);
    }
  }

  /** Gives the page up and leaves nothing. */
  async discard(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file.close().catch(() => {});
    await rm(this.#partial, { force: true }).catch(() => {});
  }

  #write(text: string): Promise<void> {
    this.#last = this.#last
      .then(() => this.#file.appendFile(text))
      .catch((error) => {
        throw notWritable(this.#path, error);
      });
    return this.#last;
  }
}
