import { escapeHtml } from '../../datasets/html.ts';
import { section } from './page.ts';

/** Pictures of one evaluation. */
export interface SamplePictures {
  /** Such as `Epoch 3`. */
  readonly title: string;
  /** Each as the `src` of an image element. */
  readonly urls: readonly string[];
}

export const samplePicturesStyle = `
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 260px), 1fr)); gap: 12px; margin: 8px 0 0; }
.samples img { display: block; width: 100%; aspect-ratio: 4 / 3; object-fit: contain; border-radius: 8px; background: #101214; }
details.evaluation summary { cursor: pointer; font-weight: 600; padding: 6px 0; }
`;

/** The newest evaluation's pictures open, the others folded. */
export function samplePictures(list: readonly SamplePictures[]): string {
  const shown = list.filter(({ urls }) => urls.length);
  if (!shown.length) return '';
  const groups = shown.map(({ title, urls }, i) => {
    const images = urls.map((url) => `<img src="${url}" alt="" loading="lazy">`).join('');
    return `<details class="evaluation"${i ? '' : ' open'}><summary>${escapeHtml(title)}</summary><div class="samples">${images}</div></details>\n`;
  });
  return section(
    'Detections',
    groups.join(''),
    'In some of the images that it is evaluated on: what scores 50 % or more, or else the best.',
  );
}
