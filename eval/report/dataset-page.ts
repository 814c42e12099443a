/** The page of `datasets check`: what was found in a data set, with examples. */
import type {
  CheckedImage,
  DatasetCheck,
  DuplicateImages,
  OddBoxes,
} from '../../datasets/detection/check/check-dataset.ts';
import { imbalances } from '../../datasets/detection/check/check-dataset.ts';
import { HUGE, type OddBoxKind, SAME_OBJECT, TINY } from '../../datasets/detection/check/odd-boxes.ts';
import { categoryPaint, describeProblem, enlargement, percent, readImage } from '../../datasets/index.ts';
import { escapeHtml } from '../../io/html.ts';
import { boxOverlay, boxOverlayStyle, type OverlayBox } from './box-overlay.ts';
import { figures, foreign, page, section } from './page.ts';
import { pictureUrl } from './picture-url.ts';

/** Examples of each finding, and images of each group of duplicates. */
const [EXAMPLES, MEMBERS] = [12, 6];
const [SIDE, QUALITY] = [480, 76];

const style = `
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 260px), 1fr)); gap: 14px; align-items: start; }
.group { border-top: 1px solid var(--line); padding-top: 10px; margin-top: 14px; }
.group > p { margin: 0 0 8px; }
figure { margin: 0; min-width: 0; }
figcaption { padding-top: 5px; font-size: 13px; line-height: 1.35; overflow-wrap: anywhere; }
.absent { padding: 16px; color: #b8c0c8; font-size: 13px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { padding: 3px 14px 3px 0; text-align: right; font-weight: normal; border-bottom: 1px solid var(--line); }
th { color: var(--soft); }
th:first-child, td:first-child { text-align: left; }
.long { max-height: 420px; overflow: auto; }
ul.plain { margin: 0 0 14px; padding-left: 18px; max-height: 320px; overflow: auto; }
`;

const ODD_TITLES: Readonly<Record<OddBoxKind, readonly [title: string, note: string]>> = {
  tiny: ['Tiny boxes', `Their longer side is less than ${percent(TINY, 0)} of the image's.`],
  huge: ['Huge boxes', `They cover at least ${percent(HUGE, 0)} of the image.`],
  repeated: ['Boxes that repeat', `Two boxes of one category with an IoU of ${SAME_OBJECT} or more.`],
  conflicting: [
    'One object, two categories',
    `Two boxes of different categories with an IoU of ${SAME_OBJECT} or more.`,
  ],
};

async function picture({ file, image, part }: CheckedImage, boxes: OddBoxes['boxes'], many: boolean): Promise<string> {
  const { height, width } = image;
  const caption = `${many ? `<b>${escapeHtml(part)}</b> ` : ''}${foreign(image.file_name)}`;
  const shown = await shotOf(file, image.file_name);
  const overlay = boxes.map(
    ({ annotation: { bbox, id }, category }): OverlayBox => ({
      ...{ bbox, name: category, kind: `annotation ${id}`, className: 'odd' },
      ...{ paint: categoryPaint(0), dashed: false, tagged: true },
    }),
  );
  const drawing = `<svg viewBox="0 0 ${width} ${height}" aria-hidden="true">${boxOverlay({ width, height }, overlay)}</svg>`;
  const named = boxes.map(
    ({ annotation: { bbox, id }, category }) => `${category} ${id}: ${bbox.map((side) => Math.round(side)).join(', ')}`,
  );
  const detail = named.length ? `<br><span class="soft">${foreign(named.join('; '))}</span>` : '';
  return `<figure><div class="shot">${shown}${boxes.length ? drawing : ''}</div><figcaption>${caption}${detail}</figcaption></figure>`;
}

async function shotOf(file: string | undefined, name: string): Promise<string> {
  const absent = (text: string): string => `<div class="absent">${foreign(text)}</div>`;
  if (file === undefined) return absent('its file was not found');
  try {
    const image = await readImage(file);
    const small = enlargement(image) > 1;
    const url = await pictureUrl(image, SIDE, QUALITY, small ? 'png' : 'jpeg');
    return `<img${small ? ' class="small"' : ''} src="${url}" alt="${escapeHtml(name)}" loading="lazy">`;
  } catch (error) {
    return absent((error as Error).message);
  }
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
const first = (count: number, shown = EXAMPLES): string => (count > shown ? ` The first ${shown} are shown.` : '');

async function pictures(images: readonly (CheckedImage & Partial<OddBoxes>)[], many: boolean): Promise<string> {
  const shown = await Promise.all(images.slice(0, EXAMPLES).map((one) => picture(one, one.boxes ?? [], many)));
  return `<div class="pictures">${shown.join('\n')}</div>`;
}

async function groups(found: readonly DuplicateImages[]): Promise<string> {
  const parts = [];
  for (const { areExact, images } of found.slice(0, EXAMPLES)) {
    const shown = await Promise.all(images.slice(0, MEMBERS).map((image) => picture(image, [], true)));
    const what = `${counted(images.length, 'image')} that ${areExact ? 'are the same to the byte' : 'look the same'}`;
    parts.push(`<div class="group"><p>${what}</p><div class="pictures">${shown.join('\n')}</div></div>`);
  }
  return parts.join('\n');
}

function balance({ categories, parts }: DatasetCheck): string {
  const heads = ['category', ...parts.flatMap(({ name }) => [`${name}: objects`, 'images'])];
  const rows = categories.map(({ images, name, objects }) => [
    foreign(name),
    ...objects.flatMap((count, part) => [String(count), String(images[part])]),
  ]);
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll long"><table>${row('th', heads.map(escapeHtml))}${rows.map((cells) => row('td', cells)).join('')}</table></div>`;
}

const list = (texts: readonly string[]): string =>
  `<ul class="plain">${texts.map((text) => `<li>${foreign(text)}</li>`).join('')}</ul>`;

/** @param title the data set */
export async function datasetPage(title: string, check: DatasetCheck): Promise<string> {
  const { duplicates, oddBoxes, parts, unlabeled, unreadable } = check;
  const many = parts.length > 1;
  const leaks = duplicates.filter(({ isLeak }) => isLeak);
  const within = duplicates.filter(({ isLeak }) => !isLeak);
  const uneven = imbalances(check);
  const problems = parts.flatMap((part) => part.problems.first);
  const odd = Object.values(oddBoxes).reduce((sum, boxes) => sum + boxes.length, 0);
  const images = parts.reduce((sum, part) => sum + part.images, 0);
  const sections = [
    ...(leaks.length
      ? [
          section(
            'Leakage: one picture in several parts',
            await groups(leaks),
            `What is evaluated was learned: move all images of a group to one part. ${counted(leaks.length, 'group')}.${first(leaks.length)}`,
          ),
        ]
      : []),
    ...(within.length
      ? [
          section(
            'Duplicates within a part',
            await groups(within),
            `${counted(within.length, 'group')}.${first(within.length)}`,
          ),
        ]
      : []),
    section(
      'Categories',
      `${uneven.length ? list(uneven) : ''}${balance(check)}`,
      uneven.length ? '' : 'No category is rare, and every part has every category.',
    ),
  ];
  for (const [kind, [name, note]] of Object.entries(ODD_TITLES) as [OddBoxKind, readonly [string, string]][]) {
    const found = oddBoxes[kind];
    if (found.length)
      sections.push(section(name, await pictures(found, many), `${note} ${found.length} found.${first(found.length)}`));
  }
  if (unlabeled.length) {
    const note = `${counted(unlabeled.length, 'image')}: images that show nothing are good examples, images that were forgotten are not.${first(unlabeled.length)}`;
    sections.push(section('Images without labels', await pictures(unlabeled, many), note));
  }
  if (unreadable.length)
    sections.push(section('Images that cannot be read', list(unreadable.map(({ message }) => message))));
  if (problems.length)
    sections.push(section('Errors and warnings of the annotations', list(problems.map(describeProblem))));
  const top = figures([
    { label: 'images', value: String(images), note: parts.map((part) => `${part.images} in ${part.name}`).join(', ') },
    {
      label: 'in several parts',
      value: String(leaks.length),
      note: many ? 'groups of images that look the same' : 'there is one part',
    },
    { label: 'duplicates', value: String(within.length), note: 'groups within a part' },
    { label: 'odd boxes', value: String(odd), note: 'tiny, huge, repeated' },
    { label: 'without labels', value: String(unlabeled.length), note: 'images' },
  ]);
  const subtitle = `${counted(images, 'image')} in ${counted(parts.length, 'part')}`;
  return page({ title, subtitle, styles: [boxOverlayStyle, style], scripts: [], body: `${top}${sections.join('\n')}` });
}
