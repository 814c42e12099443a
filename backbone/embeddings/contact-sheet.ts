import { type ImageSource, readImage } from '../../datasets/index.ts';
import { foreign, page, section } from '../../eval/report/page.ts';
import { pictureUrl } from '../../eval/report/picture-url.ts';
import { escapeHtml } from '../../io/html.ts';

const style = `
.sheet { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(160px, 45%), 1fr)); gap: 14px 12px; }
figure { margin: 0; min-width: 0; font-size: 13px; line-height: 1.35; }
figure img, figure .missing { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: #101214; border-radius: 8px; margin-bottom: 6px; }
figure b { font-weight: 600; font-variant-numeric: tabular-nums; }
figure .file { display: block; overflow-wrap: anywhere; }
`;

/** A picture of the sheet, with words above its name. */
export interface SheetPicture {
  readonly file: string;
  /** Such as its similarity. */
  readonly caption: string;
}

/** Pictures that belong together. */
export interface SheetSection {
  readonly title: string;
  readonly pictures: readonly SheetPicture[];
}

const SIDE = 320;
const QUALITY = 75;

/** A page, and what is not on it. */
export interface ContactSheet {
  readonly html: string;
  /** How many pictures could not be read. */
  readonly missing: number;
  /** How many pictures there was no room for. */
  readonly left: number;
}

/** Pictures of a page, which then has some 50 MB. */
const MOST_PICTURES = 2000;

/** A page of pictures in sections, in one file that needs no network. Pictures that cannot be read are left blank. */
export async function contactSheet(
  title: string,
  subtitle: string,
  sections: readonly SheetSection[],
): Promise<ContactSheet> {
  const parts: string[] = [];
  let [missing, room] = [0, MOST_PICTURES];
  for (const { pictures, title: heading } of sections) {
    const items: string[] = [];
    for (const { caption, file } of pictures.slice(0, room)) {
      const url = await urlOf(file);
      if (url === undefined) missing++;
      items.push(figure(file, caption, url));
    }
    room -= items.length;
    if (items.length) parts.push(section(heading, `<div class="sheet">${items.join('')}</div>\n`));
  }
  const all = sections.reduce((sum, { pictures }) => sum + pictures.length, 0);
  const html = page({ title, subtitle, styles: [style], scripts: [], body: parts.join('') });
  return { html, missing, left: all - (MOST_PICTURES - room) };
}

async function urlOf(source: ImageSource): Promise<string | undefined> {
  const image = await readImage(source).catch(() => undefined);
  return image && (await pictureUrl(image, SIDE, QUALITY));
}

function figure(file: string, caption: string, url: string | undefined): string {
  const picture =
    url === undefined
      ? '<div class="missing"></div>'
      : `<img src="${url}" alt="${escapeHtml(file)}" loading="lazy" decoding="async">`;
  return `<figure>${picture}<b>${escapeHtml(caption)}</b><span class="file">${foreign(file)}</span></figure>\n`;
}
