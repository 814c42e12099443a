import { type DetectionSample, keypointLayout } from '../../datasets/index.ts';
import type { DetectorStart } from '../../detection/index.ts';
import { describeObjects } from '../../detection/training/object-targets.ts';
import { isFineTuning } from '../../detection/training/run-choices.ts';
import type { DetectorRunSettings } from '../../detection/training/run-settings.ts';
import { bundledModels } from '../input/bundled-models.ts';
import { counted } from '../terminal/table.ts';
import type { DetectorDatasets } from './detector-datasets.ts';
import type { DetectorTrainingFlags } from './detector-training-flags.ts';

/** What a run will do. */
export interface DetectorPlan {
  readonly datasets: DetectorDatasets;
  readonly flags: DetectorTrainingFlags;
  readonly settings: DetectorRunSettings;
  /** The images to learn from. */
  readonly samples: readonly DetectionSample[];
  readonly start: DetectorStart | undefined;
}

const number = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 6 });

const NAMES = 5;

function dataLine({ datasets: { images, isHeldOut, validation }, samples, settings }: DetectorPlan): string {
  const objects = describeObjects(samples, images.dataset.annotations);
  const names = settings.model.categories.map(({ name }) => name);
  const more = names.length > NAMES ? ` and ${names.length - NAMES} more` : '';
  const learnt = `trains on ${counted(samples.length, 'image')} with ${objects}: ${names.slice(0, NAMES).join(', ')}${more}`;
  if (!validation) return `${learnt}; not evaluated: --val-fraction 0.2 would hold out a fifth of the images for that`;
  const drawn = isHeldOut ? `, drawn with seed ${settings.seed}` : '';
  return `${learnt}; evaluated on ${number(validation.files.size)} others${drawn}`;
}

/** What a person should know of the keypoints that are learned, such as that none are left or right. */
const keypointNotes = ({ datasets: { images }, settings: { recipe } }: DetectorPlan): readonly string[] =>
  recipe.keypoint_hflip_indices ? (keypointLayout(images.dataset)?.notes ?? []) : [];

async function startLine({ flags: { init, resume }, start }: DetectorPlan): Promise<string> {
  if (resume) return `resumes a run that started from ${init ?? 'scratch'}`;
  if (init === undefined) {
    const [bundled] = await bundledModels('detection');
    const hint = bundled === undefined ? '' : `: --init ${bundled} starts from the detector of the package`;
    return `starts from scratch, which takes many images and epochs${hint}, --init fasterrcnn_resnet50_fpn from a COCO detector (a download of 160 MB)`;
  }
  return isFineTuning(start) ? `starts from the detector ${init}: fine-tuning` : `starts from the backbone of ${init}`;
}

function sizeLine({ flags, settings: { recipe }, start }: DetectorPlan): string {
  const { max_size, min_size } = recipe;
  const inherited = !flags.resume && flags['min-size'] === undefined && start?.model.min_size !== undefined;
  const source = inherited ? `, as ${flags.init} has it (--min-size and --max-size change it)` : '';
  return `images are resized to ${min_size.join(', ')} pixels on the shorter side, at most ${max_size} on the longer${source}`;
}

/** The epochs after which the rate drops, without the last one. */
function dropsOf(milestones: readonly number[], epochs: number): string {
  const drops = milestones.filter((epoch) => epoch < epochs);
  if (!drops.length) return 'then constant';
  return `a tenth of it after ${drops.length > 1 ? 'each of the epochs' : 'epoch'} ${drops.join(' and ')}`;
}

/** The schedule of the learning rate in words. */
function rateOf({ flags, settings: { accumulate, batch, epochs, optimizer, schedule } }: DetectorPlan): string {
  const usual =
    (flags.lr === undefined || flags.lr === 'auto') && optimizer.kind === 'sgd'
      ? ` (0.02 × ${batch * accumulate} images of a step / 16)`
      : '';
  const rate = `learning rate ${number(schedule.rate)}${usual}`;
  if (schedule.kind === 'one-cycle') return `${rate} at its highest, in one cycle`;
  const warmup = schedule.warmup_steps ? `after a warmup of ${counted(schedule.warmup_steps, 'step')}` : '';
  const ofEpochs = !warmup && schedule.warmup ? `after a warmup of ${schedule.warmup} epochs` : '';
  const course = {
    steps: schedule.kind === 'steps' ? dropsOf(schedule.milestones, epochs) : '',
    cosine: 'down along a cosine',
    constant: 'then constant',
  }[schedule.kind];
  return [rate, warmup || ofEpochs, course].filter(Boolean).join(', ');
}

function epochsOf({ flags, settings: { epochs }, start }: DetectorPlan, steps: number): string {
  const why =
    flags.resume || flags.epochs !== undefined
      ? ''
      : isFineTuning(start)
        ? ', enough for a detector that already finds objects'
        : ", as in torchvision's reference training";
  return `${counted(epochs, 'epoch')} of ${counted(steps, 'step')}${why} (--epochs)`;
}

/** What a run will do: a line each on images, initial weights, sizes, steps and rate. */
export async function describePlan(plan: DetectorPlan): Promise<string[]> {
  const { accumulate, batch } = plan.settings;
  const batches = Math.floor(plan.samples.length / batch);
  const size = accumulate > 1 ? `${accumulate} batches of ${batch}` : `a batch of ${batch}`;
  return [
    dataLine(plan),
    ...keypointNotes(plan),
    await startLine(plan),
    sizeLine(plan),
    `${epochsOf(plan, Math.floor(batches / accumulate))}; a step is ${size}; the expected time is printed after some steps`,
    rateOf(plan),
  ];
}
