/**
 * The options of every training, each declared once: the caller's choice, the flag with its help text, and the setting
 * that is stored with the run. `optimization-fields.ts` checks settings, `optimization-settings.ts` makes them of
 * choices, and `optimization.ts` passes them to the engine.
 */
import { MOST } from '../io/bounds.ts';
import type { OptionKinds } from '../io/options.ts';

/** What a user chooses about how any network is trained. */
export interface OptimizationChoices {
  readonly epochs?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly schedule?: 'steps' | 'cosine' | 'one-cycle' | 'constant';
  /** Epochs after which the learning rate drops to a tenth. */
  readonly milestones?: readonly number[];
  readonly warmup?: number;
  /** The warmup in steps, instead of `warmup`. */
  readonly warmupSteps?: number;
  readonly optimizer?: 'sgd' | 'adamw';
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly decayNorms?: boolean;
  readonly clipNorm?: number;
  readonly ema?: number;
  readonly evaluateEvery?: number;
  readonly seed?: number;
}

export const optimizationKinds: OptionKinds<OptimizationChoices> = {
  epochs: 'number',
  batch: 'number',
  lr: 'number',
  schedule: ['steps', 'cosine', 'one-cycle', 'constant'],
  milestones: 'list',
  warmup: 'number',
  warmupSteps: 'number',
  optimizer: 'checked',
  momentum: 'number',
  nesterov: 'boolean',
  weightDecay: 'number',
  decayNorms: 'boolean',
  clipNorm: 'number',
  ema: 'number',
  evaluateEvery: 'number',
  seed: 'number',
};

/** Settings of every training: its length, learning rate and optimizer. */
export interface OptimizationSettings {
  readonly epochs: number;
  /** The number of images of a batch. */
  readonly batch: number;
  readonly seed: number;
  readonly optimizer: OptimizerFields;
  readonly schedule: ScheduleFields;
  readonly clip_norm?: number | undefined;
  readonly ema?: number | undefined;
  readonly evaluate_every: number;
}

interface Decay {
  readonly weight_decay: number;
  readonly decay_norms: boolean;
}

type OptimizerFields =
  | (Decay & { readonly kind: 'sgd'; readonly momentum: number; readonly nesterov: boolean })
  | (Decay & { readonly kind: 'adamw' });

interface WarmedUp {
  readonly rate: number;
  readonly warmup: number;
  readonly warmup_steps?: number | undefined;
}

type ScheduleFields =
  | (WarmedUp & { readonly kind: 'constant' | 'cosine' })
  | (WarmedUp & { readonly kind: 'steps'; readonly milestones: readonly number[] })
  | { readonly kind: 'one-cycle'; readonly rate: number };

/** An option: its flag, its choice, and the setting that stores the choice if it is stored unchanged. */
interface OptimizationOption {
  readonly choice: keyof OptimizationChoices;
  readonly setting?: keyof OptimizationSettings;
  readonly kind: 'integer' | 'number' | 'text' | 'choice' | 'boolean';
  readonly help: string;
  readonly [field: string]: unknown;
}

const group = 'Optimization';
const epochsValue = { kind: 'number', group, value: 'EPOCHS', min: 0, max: MOST.epochs } as const;

/** Options by flag, in the order of `--help`. A flag without a default follows from the data set. */
export const optimizationOptions = {
  epochs: {
    choice: 'epochs',
    setting: 'epochs',
    kind: 'integer',
    group,
    value: 'N',
    min: 1,
    max: MOST.epochs,
    help: 'how long',
  },
  batch: {
    choice: 'batch',
    setting: 'batch',
    kind: 'integer',
    group,
    value: 'N',
    min: 1,
    max: MOST.batch,
    help: 'images per batch',
  },
  lr: {
    choice: 'lr',
    kind: 'number',
    group,
    value: 'RATE',
    min: 0,
    max: MOST.learningRate,
    help: 'highest learning rate',
  },
  schedule: {
    choice: 'schedule',
    kind: 'choice',
    group,
    choices: ['steps', 'cosine', 'one-cycle', 'constant'],
    help: 'schedule of the learning rate (default steps)',
  },
  milestones: {
    choice: 'milestones',
    kind: 'text',
    group,
    value: 'EPOCHS',
    help: 'epochs after which it drops to a tenth, such as 82,123',
  },
  warmup: { choice: 'warmup', ...epochsValue, help: 'epochs over which it rises at the start' },
  'warmup-steps': {
    choice: 'warmupSteps',
    kind: 'integer',
    group,
    value: 'N',
    min: 0,
    max: MOST.steps,
    help: 'the warmup in steps',
  },
  optimizer: {
    choice: 'optimizer',
    kind: 'choice',
    group,
    alias: 'optimiser',
    choices: ['sgd', 'adamw'],
    help: 'default sgd',
  },
  momentum: {
    choice: 'momentum',
    kind: 'number',
    group,
    value: 'M',
    min: 0,
    max: 1,
    help: 'of sgd (default 0.9)',
  },
  nesterov: { choice: 'nesterov', kind: 'boolean', group, help: "Nesterov's momentum" },
  'weight-decay': {
    choice: 'weightDecay',
    kind: 'number',
    group,
    value: 'D',
    min: 0,
    max: MOST.decay,
    help: 'default 0.0001 for sgd, 0.01 for adamw',
  },
  'decay-norms': {
    choice: 'decayNorms',
    kind: 'boolean',
    group,
    default: true,
    help: 'no weight decay for norms and biases',
  },
  'clip-norm': {
    choice: 'clipNorm',
    setting: 'clip_norm',
    kind: 'number',
    group,
    value: 'N',
    min: 0,
    max: MOST.norm,
    help: 'maximum norm of the gradients',
  },
  ema: {
    choice: 'ema',
    setting: 'ema',
    kind: 'number',
    group,
    value: 'DECAY',
    min: 0,
    max: 1,
    help: 'decay of a moving average of the weights, such as 0.999; the average is evaluated and becomes the model',
  },
  'eval-every': {
    choice: 'evaluateEvery',
    setting: 'evaluate_every',
    kind: 'integer',
    group: 'Run',
    value: 'EPOCHS',
    min: 1,
    max: MOST.epochs,
    help: 'default 1',
  },
  seed: {
    choice: 'seed',
    setting: 'seed',
    kind: 'integer',
    group: 'Run',
    value: 'N',
    min: 0,
    help: 'seed of all random numbers (default 0)',
  },
} as const satisfies Readonly<Record<string, OptimizationOption>>;
