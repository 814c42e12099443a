/**
 * Makes the training data of the package's models. `OUT/pretrain` has one folder of images per class: the images of
 * four public collections, and crops of the objects of two detection sets. `OUT/pretrain-large` has the images that are
 * larger than tiny-imagenet's 64×64. `OUT/detection` merges the two detection sets, with Pascal VOC's 20 categories
 * under COCO's names. A share of every source is held out as `val`; an image held out of one set is held out of both.
 *
 * Usage: npm run bench:everyday-data -- --out OUT --tiny-imagenet DIR --imagenette DIR --grocery DIR --clothing DIR
 *   --voc DIR --coco DIR
 *
 * The first four are checkouts of seshuad/IMagenet (its folder tiny-imagenet-200), thunderInfy/imagenette,
 * marcusklasson/GroceryStoreDataset (its folder dataset) and alexeygrigorev/clothing-dataset; the last two have
 * `instances.json` and `images`.
 */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CocoDataset, readDetectionDataset, writeObjectCrops } from '../datasets/index.ts';
import { mapOrdered } from '../io/threads/map-ordered.ts';
import { chosenPictures, linkOrCopy, placePicture } from './everyday/classification-set.ts';
import { asCoco, mergeDatasets, partOfDataset, withFewer } from './everyday/detection-parts.ts';
import { type Part, placeOf } from './everyday/held-apart.ts';
import {
  classFolders,
  clothes,
  groceries,
  imagenette,
  type LabeledPicture,
  readWordNetNames,
  tinyImagenet,
} from './everyday/sources.ts';

const text = { type: 'string', default: '' } as const;
const { values } = parseArgs({
  options: {
    out: text,
    'tiny-imagenet': text,
    imagenette: text,
    grocery: text,
    clothing: text,
    voc: text,
    coco: text,
  },
});
const missing = Object.entries(values).flatMap(([name, value]) => (value ? [] : [`--${name}`]));
if (missing.length) throw new Error(`name ${missing.join(', ')}`);

const PARTS: readonly Part[] = ['train', 'val'];
/** The share of the images with boxes that is held out. */
const HELD_APART = 0.04;
/** Maximum crops per category: COCO mini has ten thousand people; a class of a classifier needs fewer. */
const MOST_CROPS = 1200;
const FEWEST = 40;
const MOST_HELD_APART = 20;
/** How many of tiny-imagenet's 100,000 images to use: what two cores can learn from in an hour. */
const SHARE_OF_SMALL = 0.4;
/** Shorter side of the images: enough for random crops of 128. */
const SIDE = 160;
const CROPS = { smallest: 32, margin: 0.1, background: 1, seed: 1 };

const { out } = values;
const sources = { voc: values.voc, coco: values.coco };
const annotated: Record<string, CocoDataset> = {};
for (const [name, folder] of Object.entries(sources)) {
  const { dataset } = await readDetectionDataset({
    annotations: join(folder, 'instances.json'),
    images: join(folder, 'images'),
  });
  annotated[name] = asCoco(dataset);
}

makeDetectionSet();
await makePretrainingSets();

async function makePretrainingSets(): Promise<void> {
  const names = readWordNetNames(join(values['tiny-imagenet'], 'words.txt'));
  const pictures = {
    'tiny-imagenet': tinyImagenet(values['tiny-imagenet'], names),
    imagenette: imagenette(values.imagenette, names),
    grocery: groceries(values.grocery),
    clothing: clothes(values.clothing),
    'crops of voc': await cropsOf('voc'),
    'crops of coco': await cropsOf('coco'),
  };
  for (const [source, those] of Object.entries(pictures)) {
    const count = (part: Part) => those.filter((picture) => picture.part === part).length;
    console.log(`${source}: ${count('train')} pictures to train on, ${count('val')} held apart`);
  }
  const { 'tiny-imagenet': small, ...large } = pictures;
  const some = small.filter(({ file, part }) => part === 'val' || placeOf(basename(file)) < SHARE_OF_SMALL);
  await makePretrainingSet('pretrain', [...some, ...Object.values(large).flat()], 400);
  await makePretrainingSet('pretrain-large', Object.values(large).flat(), 400);
}

/** @param most maximum number of training images per class */
async function makePretrainingSet(set: string, pictures: readonly LabeledPicture[], most: number): Promise<void> {
  const classes = chosenPictures(pictures, { most, fewest: FEWEST, mostHeldApart: MOST_HELD_APART });
  const places = [...classes].flatMap(([name, parts]) =>
    PARTS.flatMap((part) =>
      parts[part].map((picture, i) => ({ picture, folder: join(out, set, part, name), name: `${i}` })),
    ),
  );
  let unreadable = 0;
  const placed = mapOrdered(places, 8, async ({ picture, folder, name }: (typeof places)[number]) => {
    const error = await placePicture(picture, folder, name, SIDE);
    if (error) console.log(`left out: ${error.message}`);
    return error ? 1 : 0;
  });
  for await (const failed of placed) unreadable += failed;
  const total = (part: Part) => [...classes.values()].reduce((sum, parts) => sum + parts[part].length, 0);
  console.log(
    `${set}: ${classes.size} classes, ${total('train')} pictures to train on, ${total('val')} held apart; ${unreadable} left out`,
  );
}

/** Crops of the objects of both parts. Crops of an earlier call are reused. */
async function cropsOf(source: keyof typeof sources): Promise<LabeledPicture[]> {
  const pictures: LabeledPicture[] = [];
  for (const part of PARTS) {
    const folder = join(out, 'crops', `${source}-${part}`);
    if (!existsSync(folder)) await cutInto(folder, source, part);
    pictures.push(...classFolders(folder, part));
  }
  return pictures;
}

async function cutInto(folder: string, source: keyof typeof sources, part: Part): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  const annotations = `${folder}.json`;
  mkdirSync(unfinished, { recursive: true });
  const dataset = partOfDataset(annotated[source], part, HELD_APART);
  writeFileSync(annotations, JSON.stringify(withFewer(dataset, MOST_CROPS)));
  const images = join(sources[source], 'images');
  const { small } = await writeObjectCrops({ annotations, images, out: unfinished, ...CROPS });
  renameSync(unfinished, folder);
  console.log(`crops of ${source}, ${part}: ${small} objects under ${CROPS.smallest} pixels left out`);
}

function makeDetectionSet(): void {
  const folder = join(out, 'detection');
  const names = annotated.voc.categories.map(({ name }) => name);
  const categories = annotated.coco.categories.filter(({ name }) => names.includes(name));
  for (const part of PARTS) {
    const parts = Object.entries(annotated).map(([name, all]) => [name, partOfDataset(all, part, HELD_APART)]);
    const { dataset, dropped } = mergeDatasets(Object.fromEntries(parts), categories);
    for (const { file_name } of dataset.images) {
      const [source, ...path] = file_name.split('/');
      const from = join(sources[source as keyof typeof sources], 'images', ...path);
      mkdirSync(join(folder, 'images', source), { recursive: true });
      linkOrCopy(from, join(folder, 'images', file_name));
    }
    writeFileSync(join(folder, `${part}.json`), JSON.stringify(dataset));
    const crowds = dataset.annotations.filter(({ iscrowd }) => iscrowd).length;
    console.log(
      `detection, ${part}: ${dataset.images.length} images, ${dataset.annotations.length - crowds} objects of ${categories.length} categories, ${crowds} crowds or difficult objects; dropped: ${dropped.annotations} objects of other categories, and ${dropped.images} images with no other`,
    );
  }
}
