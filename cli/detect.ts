import { basename } from 'node:path';
import type { CocoCategory } from '../datasets/index.ts';
import { DetectionFilter } from '../detection/filters.ts';
import type {
  CategoryMatch,
  DetectedFile,
  Detection,
  Detector,
  FileDetector,
  FilterOptions,
  SlicingOptions,
} from '../detection/index.ts';
import {
  DetectionFolder,
  type PictureMaker,
  type PlannedImage,
  refuseOverwriting,
} from '../detection/results/detection-folder.ts';
import { detectionRecord } from '../detection/results/detection-record.ts';
import { imageIdsFromAnnotations, imageIdsFromNames, readAnnotatedSet } from '../detection/results/image-ids.ts';
import { inDataset, matchCategories } from '../detection/results/match-categories.ts';
import { isAbove, SHOWN_SCORE } from '../detection/results/name-detections.ts';
import { CropFolder } from '../detection/results/object-crops.ts';
import { annotationFormats, PreAnnotations } from '../detection/results/pre-annotations.ts';
import { ResnetCocoError } from '../errors.ts';
import { filterFlags, filtersOf, LeftOutCount } from './detecting/filter-flags.ts';
import { augmentFlag, slicingFlags, slicingOf } from './detecting/slicing-flags.ts';
import { offeringBundled } from './input/bundled-models.ts';
import { runImageJob, summarize } from './input/image-job.ts';
import { collectInputs, type Inputs } from './input/inputs.ts';
import { command, type ExitCode } from './terminal/command.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import { Failures } from './terminal/failures.ts';
import type { FlagTable } from './terminal/flags.ts';
import {
  archFlag,
  defined,
  detectorFlag,
  engineFlags,
  inputFlags,
  jsonFlag,
  pathsPositional,
  streamsFor,
} from './terminal/shared-flags.ts';
import { counted, formatTable } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';

const flags = {
  score: {
    kind: 'number',
    value: 'P',
    min: 0,
    max: 1,
    help: `only objects above this score, from 0 to 1, everywhere (default: ${SHOWN_SCORE} for what is printed and drawn; detections.json and the page contain all detections)`,
  },
  ...jsonFlag,
  ...inputFlags,
  out: {
    kind: 'text',
    group: 'Results',
    value: 'DIR',
    help: 'write each image with its boxes, masks and skeletons drawn, detections.json, images.json and index.html there',
  },
  format: {
    kind: 'choice',
    group: 'Results',
    choices: annotationFormats,
    help: "with --out: also write the objects as annotations to correct in a tool, to a folder of the format's name in it, with links to the images (CVAT reads coco, yolo and voc)",
  },
  'save-crops': {
    kind: 'text',
    group: 'Results',
    value: 'DIR',
    help: 'write each object as an image of its own, in a folder for each category',
  },
  pictures: { kind: 'boolean', group: 'Results', default: true, help: 'write neither drawn images nor index.html' },
  annotations: {
    kind: 'text',
    group: 'Results',
    value: 'FILE',
    help: 'COCO annotations with the image_id of each file and the category_id of each category for detections.json',
  },
  ...filterFlags,
  ...slicingFlags,
  ...detectorFlag,
  ...augmentFlag,
  ...archFlag,
  ...engineFlags,
} as const satisfies FlagTable;

const COLUMNS = ['label', 'score', 'x', 'y', 'width', 'height'];

type DetectedPicture = Extract<DetectedFile, { detections: unknown }>;

function describe({ file, width, height, detections }: DetectedPicture): string {
  const head = `${file}  ${width}×${height}  ${detections.length ? counted(detections.length, 'object') : 'nothing found'}`;
  if (!detections.length) return head;
  const [{ keypoints, mask }] = detections;
  const columns = [...COLUMNS, ...(mask ? ['mask'] : []), ...(keypoints ? ['joints'] : [])];
  const row = (detection: Detection): string[] => [
    detection.label,
    detection.score.toFixed(3),
    ...detection.bbox.map((value) => value.toFixed(1)),
    ...(detection.mask ? [`${detection.mask.area} px`] : []),
    ...(detection.keypoints ? [likelyJoints(detection)] : []),
  ];
  return `${head}\n${formatTable([columns, ...detections.map(row)], 'lrrrrrrr', '  ')}`;
}

/** Of an object's joints, those that are more likely there than not. */
function likelyJoints({ keypoint_scores = [], keypoints = [] }: Detection): string {
  return `${keypoint_scores.filter((score) => score > 0).length} of ${keypoints.length}`;
}

interface DetectJob {
  readonly score?: number;
  /** The score for files for evaluation if the user gives none: the model's own. */
  readonly savedScore?: number;
  readonly batch?: number;
  readonly slicing?: SlicingOptions;
  readonly augment?: boolean;
  readonly filters?: FilterOptions;
  /** Of the detections that are given, those that are printed and drawn: by default those above the score. */
  readonly shown?: (detections: readonly Detection[]) => readonly Detection[];
  readonly json: boolean;
}

/** Where results are saved, and with which ids. */
export interface SavePlan {
  readonly out: string;
  readonly images: readonly PlannedImage[];
  /** A note for the user: how ids were found. */
  readonly note?: string;
  readonly annotations: string | undefined;
  /** The categories of the annotations. */
  readonly categories?: readonly CocoCategory[] | undefined;
}

/** Draws images. Without it only `detections.json` and `images.json` are written. */
export type Draw = PictureMaker<DetectedPicture>['draw'];

/** Finds the image ids of the inputs. Called before the model is loaded, so that a wrong call fails early. */
export async function planSave(
  { files }: Inputs,
  { out, annotations, pictures }: { out: string; annotations: string | undefined; pictures: boolean },
): Promise<SavePlan> {
  const annotated = annotations === undefined ? undefined : readAnnotatedSet(annotations);
  const { ids, source, note } = annotated
    ? imageIdsFromAnnotations(
        files.map(({ file }) => file),
        annotated.images,
      )
    : imageIdsFromNames(files.map(({ name }) => name));
  const categories = annotated?.categories;
  const images = files.map(({ file, name }, i) => ({ file, name, id: ids[i] }));
  if (pictures) refuseOverwriting(out, images);
  if (source !== 'path order') return { out, images, annotations, categories };
  return {
    out,
    images,
    annotations,
    categories,
    note: `image ids are 1, 2, 3 … (${note}); images.json has the file of each id`,
  };
}

/** A plan that is being carried out. */
interface Save {
  readonly plan: SavePlan;
  readonly draw?: Draw;
  /** The match of the model's categories with those of the annotations. */
  readonly match?: CategoryMatch | undefined;
}

/** What else is written of the objects that are printed. */
interface Extras {
  readonly preAnnotations?: PreAnnotations | undefined;
  readonly crops?: CropFolder | undefined;
}

async function openFolder(
  { plan: { out, images, annotations, note }, draw, match }: Save,
  failures: Failures,
  terminal: Terminal,
  score = SHOWN_SCORE,
): Promise<DetectionFolder<DetectedPicture>> {
  const onFailure = (file: string, error: unknown) => failures.add(file, error);
  const options = { onFailure, match, ...(draw && { pictures: { draw, score } }) };
  const folder = await DetectionFolder.create(out, images, options);
  for (const text of [note, ...(match?.notes ?? [])]) if (text) terminal.note(text);
  for (const { file, id } of images) {
    if (id === undefined) failures.add(file, `not among the images of ${annotations}: left out of detections.json`);
  }
  return folder;
}

/** Detects in the inputs, prints and saves the detections. */
export async function detectFiles(
  detector: Pick<FileDetector, 'detectAll'>,
  inputs: Inputs,
  { augment, score, savedScore, batch, filters, json, shown = aboveScore(score), slicing }: DetectJob,
  save: Save | undefined,
  terminal: Terminal,
  signal: AbortSignal,
  { crops, preAnnotations }: Extras = {},
): Promise<ExitCode> {
  const files = inputs.files.map(({ file }) => file);
  const failures = new Failures(terminal);
  const folder = save && (await openFolder(save, failures, terminal, score));
  let [objects, leftOut] = [0, 0];
  const filtered = new LeftOutCount();
  const names = new Map(inputs.files.map(({ file, name }) => [file, name]));
  const outcome = await runImageJob<DetectedPicture>({
    inputs,
    results: detector.detectAll(files, {
      ...defined({ augment, score: score ?? savedScore, batch, signal, slicing }),
      ...filters,
      onLeftOut: filtered.add,
      keepImage: save?.draw !== undefined,
    }),
    terminal,
    failures,
    json,
    describe: (result) => describe({ ...result, detections: shown(result.detections) }),
    record: ({ file, width, height, detections }) => ({
      ...{ file, width, height },
      detections: shown(detections).map(detectionRecord),
    }),
    folder: {
      add: async (result) => {
        const found = shown(result.detections);
        objects += found.length;
        preAnnotations?.add(result, found);
        await crops
          ?.add(result, names.get(result.file) ?? result.file, found)
          .catch((error: unknown) => failures.add(result.file, error));
        if (save?.match) leftOut += result.detections.length - inDataset(result.detections, save.match).length;
        await folder?.add(result);
      },
      fail: async (file, error) => folder?.fail(file, error),
      close: async () => folder?.close(),
    },
  });
  if (crops) terminal.note(`${counted(crops.written, 'object')} written as images`);
  if (preAnnotations) await writeAnnotations(preAnnotations, failures, terminal);
  if (folder?.losses) terminal.report(`resnet-coco: ${folder.losses}`);
  if (leftOut) {
    terminal.note(
      `detections.json leaves out ${counted(leftOut, 'detection')} of categories that ${save?.plan.annotations} does not have`,
    );
  }
  const words = filtered.words(score ?? savedScore ?? SHOWN_SCORE);
  if (words) terminal.note(words);
  terminal.note(summarize(outcome, { found: counted(objects, 'object'), failed: failures.count, out: save?.plan.out }));
  return failures.count ? 1 : 0;
}

/** Writes the annotations for a tool, and says what it cannot have. */
async function writeAnnotations(annotations: PreAnnotations, failures: Failures, terminal: Terminal): Promise<void> {
  try {
    const { folder, images, lost, objects } = await annotations.write();
    const without = lost.length ? `; the format has no place for ${lost.join(', ')}` : '';
    terminal.note(
      `${counted(objects, 'object')} of ${counted(images, 'image')} to annotate are in ${folder}${without}`,
    );
  } catch (error) {
    failures.add(annotations.folder, error);
  }
}

/** Matches the model's categories with those of the annotations. If none matches, results keep the model's ids. */
function matchOf(
  { annotations, categories }: SavePlan,
  { config }: Detector,
  terminal: Terminal,
): CategoryMatch | undefined {
  if (!categories?.length || !annotations) return undefined;
  const match = matchCategories(config.categories, categories, annotations);
  if (match.ids.size) return match;
  terminal.note(`detections.json has the model's category ids, because ${annotations} has none of its categories`);
  return undefined;
}

/** If the user gives no score, only what is printed and drawn has a minimum score, not what is saved for evaluation. */
const aboveScore =
  (score = SHOWN_SCORE) =>
  (detections: readonly Detection[]): readonly Detection[] =>
    detections.filter((detection) => isAbove(detection.score, score));

export default command({
  summary: 'Objects in each image: category, score and box in pixels.',
  positionals: pathsPositional,
  flags,
  details: [
    'JSON: [{"file", "width", "height", "detections": [{"category_id", "label", "score", "bbox": [x, y, width, height]}]}], highest score first; with masks also "segmentation": {"size", "counts"}, COCO\'s compressed RLE, with joints "keypoints": [x, y, v, …] and "keypoint_scores". A failed image: {"file", "error"}.',
    "detections.json is in the COCO results format. Its image_id comes from --annotations by file name, else from the number in the file name; if such numbers are missing or repeat, ids are 1, 2, 3 … in path order. images.json has the file of each id. Its category_id is that of the model's training data; with --annotations it is that of the category of the same name there.",
  ],
  examples: [
    ['resnet-coco detect street.jpg', ''],
    ['resnet-coco detect photos --recursive --out detected', 'then open detected/index.html'],
    ['resnet-coco detect val2017 --out run --no-pictures --annotations instances_val2017.json', ''],
    ['resnet-coco detect photos --json --quiet > objects.json', 'results for another program'],
  ],
  async run({ flags, positionals, terminal, signal }) {
    const { out, annotations, pictures, score, json, recursive, model, engine, threads, batch, arch } = flags;
    const [slicing, filters] = [slicingOf(flags), filtersOf(flags)];
    const augment = flags.augment || undefined;
    if (augment && slicing)
      throw new ResnetCocoError('USAGE', '--augment is not for images in tiles: leave out --slice');
    const inputs = await collectInputs(positionals, { recursive, exclude: out, signal });
    const [format, cropsTo] = [flags.format, flags['save-crops']];
    if (format !== undefined && out === undefined) {
      throw new ResnetCocoError('USAGE', '--format wants --out DIR, in which the annotations are written');
    }
    const plan = out === undefined ? undefined : await planSave(inputs, { out, annotations, pictures });
    if (!plan && annotations) terminal.note('--annotations has no effect without --out');
    const streams = streamsFor(slicing ? Number.POSITIVE_INFINITY : inputs.files.length, threads);
    const { loadDetector } = await import('../index.ts');
    const detector = await offeringBundled('detection', () =>
      withDownloadProgress(terminal, (onProgress, onNote) =>
        loadDetector(model, { ...defined({ engine, threads, arch }), streams, onProgress, onNote, signal }),
      ),
    );
    const { classScore } = filters;
    const shownFilter = new DetectionFilter(defined({ classScore }), detector.config.categories, score ?? SHOWN_SCORE);
    const shown = (detections: readonly Detection[]) => shownFilter.split(detections)[0];
    // With the detector's own threads, beside its work.
    const draw: Draw = ({ file, image, detections }, target, previewSide) =>
      detector.pool.render(image ?? file, shown(detections), target, { previewSide });
    try {
      const save = plan && { plan, match: matchOf(plan, detector, terminal), ...(pictures && { draw }) };
      const savedScore = plan ? detector.scoreThresh : SHOWN_SCORE;
      const named = { name: basename(model), categories: detector.config.categories };
      const extras = {
        preAnnotations: format && plan && (await PreAnnotations.create(format, plan.out, plan.images, named)),
        crops: cropsTo === undefined ? undefined : await CropFolder.create(cropsTo, detector.pool),
      };
      const job = { ...defined({ augment, batch, score, slicing }), filters, json, savedScore, shown };
      return await detectFiles(detector, inputs, job, save, terminal, signal, extras);
    } finally {
      await detector.dispose();
    }
  },
});
