/**
 * What tiles do for small objects: AP of a detector on enlarged images, as a whole and in tiles.
 *
 * npm run bench:slices -- [--data DIR] [--model FILE] [--images N]
 *
 * Boxes are compared at the images' own size, so that small means small in the photograph. The images are those with the
 * most small objects.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { resizeAntialiased } from '../datasets/images/resize/antialiased.ts';
import { type CocoResult, readImage } from '../datasets/index.ts';
import { type Detection, loadDetector, type SlicingOptions } from '../detection/index.ts';
import { COCO, COCOeval } from '../eval/index.ts';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data/coco-mini/val' },
    model: { type: 'string', default: '../shared/data/detector/detector.safetensors' },
    images: { type: 'string', default: '40' },
  },
});
const ENLARGED = 3;

const ways: Readonly<Record<string, SlicingOptions | undefined>> = { whole: undefined, 'tiles of 960': { slice: 960 } };

const gt = await COCO.load(join(values.data, 'instances.json'));
const small = new Map<unknown, number>();
for (const { area, image_id, iscrowd } of gt.annotations) {
  if (!iscrowd && area < 32 ** 2) small.set(image_id, (small.get(image_id) ?? 0) + 1);
}
const smallIn = (id: unknown): number => small.get(id) ?? 0;
const images = [...gt.images].sort((a, b) => smallIn(b.id) - smallIn(a.id) || Number(a.id) - Number(b.id));
images.splice(Number(values.images));
const detector = await loadDetector(values.model, { streams: 2 });
const results = new Map<string, CocoResult[]>(Object.keys(ways).map((way) => [way, []]));
const seconds = new Map<string, number>();
for (const { file_name, id: image_id } of images) {
  const image = await readImage(join(values.data, 'images', file_name));
  const size = [ENLARGED * image.width, ENLARGED * image.height] as const;
  const large = resizeAntialiased(image, ...size, { interpolation: 'bicubic' });
  for (const [way, slicing] of Object.entries(ways)) {
    const score = detector.scoreThresh;
    const started = performance.now();
    const found: Detection[] =
      slicing === undefined
        ? await detector.detect(large, { score })
        : await detector.detectSliced(large, { ...slicing, score });
    seconds.set(way, (seconds.get(way) ?? 0) + (performance.now() - started) / 1000);
    const scaled = found.map(({ bbox, category_id, score }) => {
      const [x, y, width, height] = bbox.map((side) => side / ENLARGED);
      return { image_id, category_id, score, bbox: [x, y, width, height] as const };
    });
    results.get(way)!.push(...scaled);
  }
}
await detector.dispose();
const rows: string[] = [];
for (const [way, found] of results) {
  const e = new COCOeval(gt, gt.loadRes(found), 'bbox');
  e.params.imgIds = images.map(({ id }) => id);
  e.evaluate();
  e.accumulate();
  e.summarize();
  const [ap, ap50, , ofSmall, medium, large, , , , arSmall] = e.stats;
  const numbers = [ap, ap50, ofSmall, medium, large, arSmall].map((value) => (100 * value).toFixed(1));
  rows.push(`| ${way} | ${numbers.join(' | ')} | ${(seconds.get(way)! / images.length).toFixed(2)} |`);
}
console.log(`\n${images.length} images of ${values.data}, enlarged ${ENLARGED} times\n`);
console.log('| way | AP | AP50 | APs | APm | APl | ARs | s/image |\n| --- | --- | --- | --- | --- | --- | --- | --- |');
console.log(rows.join('\n'));
