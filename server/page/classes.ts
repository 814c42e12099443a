import { percent } from '../../datasets/draw/box-label.ts';
import type { Classified } from './ask.ts';
import { byId, element } from './elements.ts';

/** Shows the most probable classes as bars. */
export function showClasses(classified: Classified | undefined): void {
  const rows = (classified?.predictions ?? []).map(({ label, probability }) => {
    const row = element(
      'li',
      {},
      element('span', {}, label),
      element('span', { className: 'share' }, percent(probability)),
    );
    row.style.setProperty('--share', percent(probability).replace(' ', ''));
    return row;
  });
  byId('classes', 'ol').replaceChildren(...rows);
}
