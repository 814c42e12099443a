import type { DetectionRecord } from '../../detection/results/detection-record.ts';
import { byId, element } from './elements.ts';

/** What is drawn of objects, from below: boxes with their labels. */
const LAYERS = ['masks', 'boxes', 'keypoints'] as const;
export type Layer = (typeof LAYERS)[number];

const WORDS: Readonly<Record<Layer, string>> = { masks: 'Masks', boxes: 'Boxes', keypoints: 'Keypoints' };

const hidden = new Set<Layer>();

export const isDrawn = (layer: Layer): boolean => !hidden.has(layer);

/** Offers to hide what there is of objects; nothing where they have only boxes. */
export function offerLayers(objects: readonly DetectionRecord[], changed: () => void): void {
  const has: Readonly<Record<Layer, boolean>> = {
    masks: objects.some(({ segmentation }) => segmentation),
    boxes: true,
    keypoints: objects.some(({ keypoints }) => keypoints),
  };
  const buttons = LAYERS.filter((layer) => has[layer]).map((layer) => {
    const button = element('button', { type: 'button' }, WORDS[layer]);
    const press = () => button.setAttribute('aria-pressed', String(isDrawn(layer)));
    button.addEventListener('click', () => {
      if (!hidden.delete(layer)) hidden.add(layer);
      press();
      changed();
    });
    press();
    return button;
  });
  const isChoice = buttons.length > 1;
  // Boxes that are hidden would have no button to show them again.
  if (!isChoice) hidden.delete('boxes');
  byId('layers-row', 'div').hidden = !isChoice;
  byId('layers', 'fieldset').replaceChildren(...buttons);
}
