import { type ParameterPlan, parameterCount } from '../../backbone/index.ts';
import type { ModelFile } from '../../checkpoints/index.ts';
import { ResnetCocoError } from '../../errors.ts';
import { shownValue } from '../../io/shown-value.ts';
import type { DetectorConfig } from '../model/detector-config.ts';
import type { DetectorArchitecture } from './architecture.ts';
import { fasterRcnn } from './faster-rcnn.ts';
import { retinaNet } from './retinanet.ts';

/** All there are, the one that is trained where nothing is said first. A new one is a file beside these and a line here. */
const architectures: readonly [DetectorArchitecture, ...DetectorArchitecture[]] = [fasterRcnn, retinaNet];

export const [defaultArchitecture] = architectures;

/** The architecture that a configuration names, unchecked; undefined where it names none, as a classifier's does. */
const namedIn = (config: unknown): DetectorArchitecture | undefined =>
  architectures.find(({ name }) => name === (config as { readonly architecture?: unknown } | null)?.architecture);

/**
 * The architecture that `arch` names, and what its configuration says by that name.
 *
 * @throws ResnetCocoError USAGE for a name of none
 */
export function architectureNamed(arch: string): {
  readonly architecture: DetectorArchitecture;
  readonly config: Readonly<{ backbone: string }>;
} {
  for (const architecture of architectures) {
    const config = architecture.configNamed(arch);
    if (config) return { architecture, config };
  }
  const names = architectures.map(({ name }) => `${name}_resnet50_fpn, ${name}_resnet50_fpn_v2`).join(', ');
  throw new ResnetCocoError(
    'USAGE',
    `\`arch\` is ${shownValue(arch)}, which is no detector; give one such as ${names}`,
  );
}

/** The architecture of a configuration that is checked. */
export const architectureOf = (config: Pick<DetectorConfig, 'architecture'>): DetectorArchitecture => namedIn(config)!;

/** The architecture of a model, by its configuration or else by its tensors' names; undefined where it detects nothing. */
export const architectureOfModel = ({ checkpoint, config }: ModelFile): DetectorArchitecture | undefined =>
  config === undefined
    ? architectures.find(({ recognizes }) => recognizes(checkpoint.tensors.keys()))
    : namedIn(config);

/** Whether a model detects, rather than classifies: by its configuration, or by its tensors' names. */
export const isDetectorModel = (model: ModelFile): boolean => architectureOfModel(model) !== undefined;

/**
 * Checks a detector's configuration and fills in what it leaves out.
 *
 * @param source the file or model it comes from, for errors
 * @throws ResnetCocoError BAD_CONFIG, naming the field
 */
export function parseDetectorConfig(value: unknown, source: string): DetectorConfig {
  const architecture = namedIn(value);
  if (architecture) return architecture.parse(value, source);
  const { architecture: given } = (value ?? {}) as { readonly architecture?: unknown };
  const is = given === undefined ? 'is missing' : `is ${shownValue(given)}`;
  const names = architectures.map(({ name }) => `'${name}'`).join(', ');
  throw new ResnetCocoError('BAD_CONFIG', `${source}: config: architecture: must be one of ${names}, ${is}`);
}

/** Every tensor of a detector that a forward pass needs. */
export const detectorParameters = (config: DetectorConfig): readonly ParameterPlan[] =>
  architectureOf(config).parameters(config);

/** How many numbers training adjusts, as published: a frozen batch norm has none. */
export const detectorParameterCount = (config: DetectorConfig): number => parameterCount(detectorParameters(config));

/** What a detector is, such as `Faster R-CNN with resnet50`. */
export const detectorTitle = (config: DetectorConfig): string =>
  `${architectureOf(config).title(config)} with ${config.backbone}`;
