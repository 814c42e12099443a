import {
  BACKBONES,
  type ClassifierConfig,
  classifierConfigOf,
  initialize,
  isBackboneName,
  type ParameterPlan,
  tensorShapes,
} from '../../backbone/index.ts';
import {
  listNames,
  type OpenModelOptions,
  openModelFile,
  openModelKinds,
  readNumbers,
  refuseQuantized,
  strangers,
} from '../../checkpoints/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { checkOptions } from '../../io/options.ts';
import { Random } from '../../io/random.ts';
import type { StartWeights } from '../../training/index.ts';
import { detectorParameters, isDetectorModel } from '../architectures/architectures.ts';
import { detectorConfigOf } from '../load-detector.ts';
import { labelOf } from '../model/detector-category.ts';
import type { DetectorConfig } from '../model/detector-config.ts';
import { BODY } from '../model/feature-extractor.ts';

/** What a run takes over from the model that it begins from: all of a detector's settings, or those of its backbone. */
export interface DetectorStart {
  readonly model: Pick<DetectorConfig, 'backbone'> & Partial<DetectorConfig>;
}

/**
 * What there is to know of a model that a run is to begin from, a detector or an image classifier.
 *
 * @param nameOrPath a known model, or a model file
 * @throws ResnetCocoError as loading a model does; BAD_MODEL for a network that is no backbone of a detector
 */
export async function detectorStart(nameOrPath: string | URL, options: OpenModelOptions = {}): Promise<DetectorStart> {
  checkOptions('detectorStart', options, openModelKinds);
  const model = await openModelFile('detectorStart', nameOrPath, options);
  try {
    refuseQuantized(model, 'training cannot begin from it');
    if (isDetectorModel(model)) {
      const { provenance, ...config } = detectorConfigOf(model);
      return { model: config };
    }
    return { model: backboneOf(classifierConfigOf(model, { partial: true }), model.checkpoint.file) };
  } finally {
    model.checkpoint.close();
  }
}

function backboneOf(config: ClassifierConfig, file: string): DetectorStart['model'] {
  const { architecture, channel_order, image_mean, image_std, shortcut, stem, stride_on } = config;
  if (stem !== 'imagenet' || shortcut !== 'B' || !isBackboneName(architecture)) {
    const problem = `${file}: a ${architecture} for small pictures or without projections is no backbone of a detector`;
    throw new ResnetCocoError('BAD_MODEL', `${problem}; begin from ${BACKBONES}`);
  }
  return { backbone: architecture, stride_on, image_mean, image_std, ...(channel_order && { channel_order }) };
}

/**
 * New weights, and in their places those of a model that it has under the same names in the same shapes. A head of other
 * categories is new, even where there are as many of them.
 *
 * @param init a known model, or a model file: a detector, or an image classifier for the backbone
 * @throws ResnetCocoError as loading a model does; BAD_MODEL where it has nothing that fits
 */
export async function detectorStartWeights(config: DetectorConfig, seed: number, init?: string): Promise<StartWeights> {
  const parameters = detectorParameters(config);
  const weights = initialize(parameters, new Random(seed));
  if (init === undefined) return { weights };
  const model = await openModelFile('trainDetector', init);
  const { checkpoint } = model;
  try {
    refuseQuantized(model, 'training cannot begin from it');
    const isDetector = isDetectorModel(model);
    const before = isDetector ? detectorConfigOf(model) : undefined;
    const renewsHead = before !== undefined && !sameCategories(before, config);
    const ownName = (name: string) => (isDetector ? name : name.slice(BODY.length));
    const stored = new Map([...checkpoint.tensors].map(([name, tensor]) => [isDetector ? name : BODY + name, tensor]));
    const fresh = parameters.filter(({ name, ofClasses, shape }) => {
      const tensor = stored.get(name);
      if (!tensor || (renewsHead && ofClasses) || `${tensor.shape}` !== `${shape}`) return true;
      weights[name] = { shape, data: readNumbers(checkpoint.file, name, tensor) };
      return false;
    });
    const count = parameters.length;
    if (fresh.length === count) {
      throw new ResnetCocoError('BAD_MODEL', `${checkpoint.file}: none of its tensors fits; name another \`backbone\``);
    }
    const others = strangers(new Map([...stored].map(([name, { shape }]) => [name, shape])), tensorShapes(parameters));
    const note = [
      `begins with ${count - fresh.length} of ${count} tensors of ${checkpoint.file}`,
      ...(fresh.length ? [`new are ${describeFresh(fresh, config, before)}`] : []),
      ...(others.length ? [`${others.length} of its tensors are not used: ${listNames(others.map(ownName))}`] : []),
    ].join('; ');
    return { weights, note };
  } finally {
    checkpoint.close();
  }
}

/** Whether labels mean the same. */
function sameCategories(before: DetectorConfig, after: DetectorConfig): boolean {
  const listed = ({ categories, num_classes }: DetectorConfig) =>
    `${num_classes} ${JSON.stringify(categories.map((category) => [labelOf(category), category.name]).sort())}`;
  return listed(before) === listed(after);
}

function describeFresh(
  fresh: readonly ParameterPlan[],
  { categories, num_classes }: DetectorConfig,
  before: DetectorConfig | undefined,
): string {
  const others = fresh.filter(({ ofClasses }) => !ofClasses).map(({ name }) => name);
  const head =
    before === undefined
      ? 'the head'
      : `the head (of ${before.num_classes} labels there, ${num_classes} here: ${categories.length} categories and the background)`;
  const parts = fresh.length > others.length ? [head] : [];
  parts.push(...others.slice(0, 3));
  return `${parts.join(', ')}${others.length > 3 ? ` and ${others.length - 3} more tensors` : ''}`;
}
