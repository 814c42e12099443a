import type {
  CategoryMatch,
  DetectedFile,
  Detection,
  FileDetector,
  FilterOptions,
  SlicingOptions,
} from '../../detection/index.ts';
import { DetectionFolder, type PictureMaker } from '../../detection/results/detection-folder.ts';
import { detectionRecord } from '../../detection/results/detection-record.ts';
import { inDataset } from '../../detection/results/match-categories.ts';
import { isAbove, SHOWN_SCORE } from '../../detection/results/name-detections.ts';
import type { CropFolder } from '../../detection/results/object-crops.ts';
import type { PreAnnotations } from '../../detection/results/pre-annotations.ts';
import { runImageJob, summarize } from '../input/image-job.ts';
import type { Inputs } from '../input/inputs.ts';
import type { ExitCode } from '../terminal/command.ts';
import { Failures } from '../terminal/failures.ts';
import { defined } from '../terminal/shared-flags.ts';
import { counted, formatTable } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { LeftOutCount } from './filter-flags.ts';
import type { SavePlan } from './save-plan.ts';

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

/** Draws images. Without it only `detections.json` and `images.json` are written. */
export type Draw = PictureMaker<DetectedPicture>['draw'];

/** If the user gives no score, only what is printed and drawn has a minimum score, not what is saved for evaluation. */
const aboveScore =
  (score = SHOWN_SCORE) =>
  (detections: readonly Detection[]): readonly Detection[] =>
    detections.filter((detection) => isAbove(detection.score, score));

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
