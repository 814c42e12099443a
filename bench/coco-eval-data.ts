/** Random ground truth and detections of the size of COCO val2017, with 100 detections per image. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { CocoBox, CocoRle } from '../datasets/index.ts';
import { mask } from '../eval/index.ts';
import { Random } from '../io/random.ts';

const IMAGES = 5000;
const CATEGORIES = 80;
const [WIDTH, HEIGHT] = [640, 480];
const DETECTIONS = 100;
const CORNERS = 16;

/** Writes a JSON list, or the last field of an object, entry by entry. */
class ListFile {
  readonly #descriptor: number;
  #text: string;
  #isFirst = true;

  constructor(path: string, head = '[') {
    this.#descriptor = openSync(path, 'w');
    this.#text = head;
  }

  add(entry: unknown): void {
    this.#text += (this.#isFirst ? '' : ', ') + JSON.stringify(entry);
    this.#isFirst = false;
    if (this.#text.length > 1 << 20) this.#flush();
  }

  end(tail = ']'): void {
    this.#text += tail;
    this.#flush();
    closeSync(this.#descriptor);
  }

  #flush(): void {
    writeSync(this.#descriptor, this.#text);
    this.#text = '';
  }
}

const round = (value: number) => Math.round(value * 100) / 100;

/** An egg shape that fills a box. */
function outline([x, y, width, height]: CocoBox, random: Random): number[] {
  return Array.from({ length: CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    const radius = 0.4 + 0.1 * random.uniform();
    return [x + width * (0.5 + radius * Math.cos(angle)), y + height * (0.5 + radius * Math.sin(angle))].map(round);
  }).flat();
}

/** @param type whether objects have masks too, and detections are masks */
export function makeEvalData(type: 'bbox' | 'segm', annotations: string, detections: string): void {
  const random = new Random(7);
  const images = Array.from({ length: IMAGES }, (_, i) => ({
    id: i + 1,
    file_name: `${i + 1}.jpg`,
    width: WIDTH,
    height: HEIGHT,
  }));
  const categories = Array.from({ length: CATEGORIES }, (_, i) => ({ id: i + 1, name: `category ${i + 1}` }));
  const head = `{"images": ${JSON.stringify(images)}, "categories": ${JSON.stringify(categories)}, "annotations": [`;
  const [truth, results] = [new ListFile(annotations, head), new ListFile(detections)];
  const rle = (box: CocoBox): CocoRle => mask.frPyObjects([outline(box, random)], HEIGHT, WIDTH)[0];
  let id = 0;
  for (const { id: image_id } of images) {
    const boxes: { box: CocoBox; category_id: number }[] = [];
    for (let count = random.integer(15); count > 0; count--) {
      const [width, height] = [random.uniform(8, 300), random.uniform(8, 300)];
      const box: CocoBox = [
        round(random.uniform(0, WIDTH - width)),
        round(random.uniform(0, HEIGHT - height)),
        round(width),
        round(height),
      ];
      const category_id = 1 + random.integer(CATEGORIES);
      boxes.push({ box, category_id });
      const shape = type === 'segm' ? { segmentation: [outline(box, random)] } : {};
      truth.add({ id: ++id, image_id, category_id, bbox: box, area: round(box[2] * box[3]), iscrowd: 0, ...shape });
    }
    for (let i = 0; i < DETECTIONS; i++) {
      const near = boxes.length && random.uniform() < 0.15 ? boxes[random.integer(boxes.length)] : undefined;
      const [width, height] = [random.uniform(8, 300), random.uniform(8, 300)];
      const jitter = (side: number, size: number) => round(side + size * random.uniform(-0.15, 0.15));
      const box: CocoBox = near
        ? [
            jitter(near.box[0], near.box[2]),
            jitter(near.box[1], near.box[3]),
            Math.max(1, jitter(near.box[2], near.box[2])),
            Math.max(1, jitter(near.box[3], near.box[3])),
          ]
        : [
            round(random.uniform(0, WIDTH - width)),
            round(random.uniform(0, HEIGHT - height)),
            round(width),
            round(height),
          ];
      const category_id = near?.category_id ?? 1 + random.integer(CATEGORIES);
      const score = Math.round(1e5 * random.uniform()) / 1e5;
      const shape = type === 'segm' ? { segmentation: rle(box) } : { bbox: box };
      results.add({ image_id, category_id, ...shape, score });
    }
  }
  truth.end(']}');
  results.end();
}
