import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type CocoResult, type ImageId, lockFolder, writeWholeFile } from '../datasets/index.ts';
import { imageIdsFromAnnotations } from '../detection/image-ids.ts';
import type { Detector } from '../detection/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { COCO, COCOeval } from '../eval/index.ts';
import { printEvaluation, reportFlag } from './coco-summary.ts';
import { command } from './command.ts';
import { withDownloadProgress } from './download-progress.ts';
import { Failures } from './failures.ts';
import type { FlagTable } from './flags.ts';
import { collectInputs } from './inputs.ts';
import { archFlag, defined, detectorFlag, engineFlags, jsonFlag, streamsFor } from './shared-flags.ts';
import { counted } from './table.ts';
import type { Terminal } from './terminal.ts';

const flags = {
  annotations: {
    kind: 'text',
    value: 'FILE',
    help: 'ground truth in COCO format (default: the one .json file in the folder)',
  },
  ...jsonFlag,
  ...reportFlag,
  ...detectorFlag,
  ...engineFlags,
  ...archFlag,
} as const satisfies FlagTable;

/** An annotated image that is here. */
interface AnnotatedFile {
  readonly file: string;
  readonly id: ImageId;
}

/** The annotation file that lies in a folder of images, where it is the only one. */
function annotationsIn(folder: string): string {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory();
  if (!isFolder) throw new ResnetCocoError('FILE_NOT_FOUND', `${folder}: no such folder`);
  const found = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (found.length === 1) return join(folder, found[0]);
  const hint = found.length ? `has ${found.length} .json files` : 'has no .json file';
  throw new ResnetCocoError('USAGE', `${folder}: ${hint}; say which has the ground truth: --annotations FILE`);
}

/** Categories go by id: a model of other categories would score next to nothing, and nobody would know why. */
function checkCategories(detector: Pick<Detector, 'config'>, gt: COCO, annotations: string, terminal: Terminal): void {
  const { categories } = detector.config;
  const shared = categories.filter(({ id }) => gt.cats.has(id));
  if (!shared.length && gt.categories.length) {
    const ids = (list: readonly { readonly id: number }[]) =>
      `${list
        .slice(0, 5)
        .map(({ id }) => id)
        .join(', ')}${list.length > 5 ? ' …' : ''}`;
    throw new ResnetCocoError(
      'BAD_DATASET',
      `${annotations}: none of its category ids (${ids(gt.categories)}) is one of the model's (${ids(categories)})`,
    );
  }
  const others = shared.filter(({ id, name }) => gt.cats.get(id)?.name !== name);
  if (!others.length) return;
  const [{ id, name }] = others;
  terminal.note(
    `${counted(others.length, 'category id')} have another name in ${annotations} than in the model, such as ${id}: '${gt.cats.get(id)?.name}' and '${name}'`,
  );
}

/** Detects in the files; those that fail are reported, and left out of what is returned. */
async function detectIn(
  detector: Pick<Detector, 'detectAll'>,
  images: readonly AnnotatedFile[],
  options: { readonly batch?: number; readonly signal: AbortSignal },
  failures: Failures,
  terminal: Terminal,
): Promise<{ readonly results: CocoResult[]; readonly done: ImageId[] }> {
  const results: CocoResult[] = [];
  const done: ImageId[] = [];
  const progress = terminal.startProgress('images', images.length);
  let at = 0;
  try {
    for await (const result of detector.detectAll(
      images.map(({ file }) => file),
      options,
    )) {
      const { id: image_id } = images[at++];
      const failed = 'error' in result;
      progress.advance({ failed });
      if (failed) {
        failures.add(result.file, result.error);
        continue;
      }
      done.push(image_id);
      for (const { bbox, category_id, score } of result.detections)
        results.push({ image_id, category_id, bbox, score });
    }
  } finally {
    progress.stop();
  }
  return { results, done };
}

export default command({
  summary: "Detect in a folder of annotated images, then COCO's mAP.",
  positionals: {
    usage: '<folder>',
    min: 1,
    max: 1,
    help: [['<folder>', 'images, in sub-folders too; those that the annotations do not name are left out']],
  },
  flags,
  details: [
    'Images that are annotated but not in the folder do not count, and are mentioned. JSON: as of evaluate coco. The report has the detections too, as detections.json.',
  ],
  examples: [
    ['resnet-coco evaluate detector val2017 --annotations instances_val2017.json', ''],
    ['resnet-coco evaluate detector my-data/val --model my-detector.safetensors --json', ''],
  ],
  async run({ flags, positionals: [folder], terminal, signal }) {
    const { annotations: named, arch, batch, engine, json, model, report, threads } = flags;
    const annotations = named ?? annotationsIn(folder);
    const gt = await COCO.load(annotations);
    const { files, notes } = await collectInputs([folder], { recursive: true, signal });
    for (const note of notes) terminal.note(note);
    const { ids } = imageIdsFromAnnotations(
      files.map(({ file }) => file),
      gt.images,
    );
    const images = files.flatMap(({ file }, i): AnnotatedFile[] =>
      ids[i] === undefined ? [] : [{ file, id: ids[i] }],
    );
    if (images.length < gt.images.length) {
      const absent = gt.images.length - images.length;
      terminal.note(`${absent} of the ${gt.images.length} annotated images are not in ${folder} and do not count`);
    }
    const { loadDetector } = await import('../index.ts');
    const detector = await withDownloadProgress(terminal, (onProgress, onNote) =>
      loadDetector(model, {
        ...defined({ engine, threads, arch }),
        streams: streamsFor(images.length, threads),
        onProgress,
        onNote,
        signal,
      }),
    );
    let release: (() => Promise<void>) | undefined;
    try {
      if (report !== undefined) release = await lockFolder(report);
      checkCategories(detector, gt, annotations, terminal);
      const failures = new Failures(terminal);
      const { done, results } = await detectIn(detector, images, { ...defined({ batch }), signal }, failures, terminal);
      if (signal.aborted) {
        terminal.note(`interrupted: these are the numbers of the ${counted(done.length, 'image')} done`);
      }
      const evaluation = new COCOeval(gt, gt.loadRes(results), 'bbox');
      evaluation.params.imgIds = done;
      const paths = new Map(images.map(({ id, file }) => [id, file]));
      const title = `${basename(model)} on ${basename(annotations)}`;
      await printEvaluation(evaluation, { json, report, title, images: paths }, terminal);
      if (report !== undefined) await writeWholeFile(join(report, 'detections.json'), `${JSON.stringify(results)}\n`);
      return failures.count ? 1 : 0;
    } finally {
      await release?.();
      await detector.dispose();
    }
  },
});
