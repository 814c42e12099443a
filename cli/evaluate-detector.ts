import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type ImageId, lockFolder, writeWholeFile } from '../datasets/index.ts';
import {
  type EvaluateDetectorOptions,
  type EvaluatedDetector,
  evaluateDetector,
} from '../detection/evaluate-detector.ts';
import { imageIdsFromAnnotations } from '../detection/image-ids.ts';
import type { Detector } from '../detection/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { COCO } from '../eval/index.ts';
import { unreadable } from '../io/regular-file.ts';
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

/** The annotation file that lies in a folder of images, where it is the only one. */
function annotationsIn(folder: string): string {
  const found = namesIn(folder).filter((name) => name.endsWith('.json'));
  if (found.length === 1) return join(folder, found[0]);
  const hint = found.length ? `has ${found.length} .json files` : 'has no .json file';
  throw new ResnetCocoError('USAGE', `${folder}: ${hint}; say which has the ground truth: --annotations FILE`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw unreadable(folder, cause, 'folder');
  }
}

/** Evaluates, with progress; images that cannot be read, and what else does not count, are told. */
async function evaluate(
  detector: Pick<Detector, 'config' | 'detectAll'>,
  gt: COCO,
  files: ReadonlyMap<ImageId, string>,
  options: Pick<EvaluateDetectorOptions, 'name' | 'batch' | 'signal'>,
  failures: Failures,
  terminal: Terminal,
): Promise<EvaluatedDetector> {
  const progress = terminal.startProgress('images', files.size);
  try {
    return await evaluateDetector(detector, gt, files, {
      ...options,
      onMatch: ({ notes }) => {
        for (const note of notes) terminal.note(note);
      },
      onImage: (found) => {
        const failed = 'error' in found;
        progress.advance({ failed });
        if (failed) failures.add(found.file, found.error);
      },
    });
  } finally {
    progress.stop();
  }
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
    'Images that are annotated but not in the folder do not count, and are mentioned. Categories of the model and of the annotations match by name, whatever their ids; those without a partner are mentioned. JSON: as of evaluate coco. The report has the detections too, as detections.json, under the category ids of the annotations.',
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
    const byId = new Map(files.flatMap(({ file }, i) => (ids[i] === undefined ? [] : [[ids[i], file] as const])));
    const absent = gt.images.length - byId.size;
    if (absent) {
      terminal.note(`${absent} of the ${gt.images.length} annotated images are not in ${folder} and do not count`);
    }
    const { loadDetector } = await import('../index.ts');
    const detector = await withDownloadProgress(terminal, (onProgress, onNote) =>
      loadDetector(model, {
        ...defined({ engine, threads, arch }),
        streams: streamsFor(byId.size, threads),
        onProgress,
        onNote,
        signal,
      }),
    );
    let release: (() => Promise<void>) | undefined;
    try {
      if (report !== undefined) release = await lockFolder(report);
      const failures = new Failures(terminal);
      const options = { ...defined({ batch }), name: annotations, signal };
      const evaluated = await evaluate(detector, gt, byId, options, failures, terminal);
      const { evaluation, images, leftOut, results } = evaluated;
      if (signal.aborted) {
        terminal.note(`interrupted: these are the numbers of the ${counted(images.length, 'image')} done`);
      }
      if (leftOut) {
        terminal.note(`${counted(leftOut, 'detection')} of categories that ${annotations} does not have do not count`);
      }
      const title = `${basename(model)} on ${basename(annotations)}`;
      await printEvaluation(evaluation, { json, report, title, images: byId }, terminal);
      if (report !== undefined) await writeWholeFile(join(report, 'detections.json'), `${JSON.stringify(results)}\n`);
      return failures.count ? 1 : 0;
    } finally {
      await release?.();
      await detector.dispose();
    }
  },
});
