/**
 * What tiles do for small objects: AP of a detector on enlarged images, as a whole and in tiles.
 *
 * npm run bench:slices -- [--data DIR] [--model FILE] [--images N]
 *
 * Boxes are compared at the images' own size, so that small means small in the photograph.
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
    images: { type: 'string', default: '160' },
  },
});
const ENLARGED = 3;

const ways: Readonly<Record<string, SlicingOptions | undefined>> = {
  whole: undefined,
  'tiles of 640': { slice: 640 },
  'tiles of 640, greedy-nmm over ios': { slice: 640, merge: 'greedy-nmm' },
  'tiles of 640, nms over ios': { slice: 640, merge: 'nms' },
  'tiles of 640 alone': { slice: 640, whole: false },
  'tiles of 960': { slice: 960 },
};

const gt = await COCO.load(join(values.data, 'instances.json'));
const images = [...gt.images].slice(0, Number(values.images));
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
console.log(`${images.length} images of ${values.data}, enlarged ${ENLARGED} times\n`);
console.log('| way | AP | AP50 | APs | APm | APl | ARs | s/image |\n| --- | --- | --- | --- | --- | --- | --- | --- |');
for (const [way, found] of results) {
  const e = new COCOeval(gt, gt.loadRes(found), 'bbox');
  e.params.imgIds = images.map(({ id }) => id);
  e.evaluate();
  e.accumulate();
  e.summarize();
  const [ap, ap50, , small, medium, large, , , , arSmall] = e.stats;
  const numbers = [ap, ap50, small, medium, large, arSmall].map((value) => (100 * value).toFixed(1));
  console.log(`| ${way} | ${numbers.join(' | ')} | ${(seconds.get(way)! / images.length).toFixed(2)} |`);
}
