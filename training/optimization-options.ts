/**
 * The options of every training, each declared once: what a caller chooses, the flag with its words, and the setting that
 * is kept with the run; its check is in `optimization-fields.ts`. `optimization-settings.ts` makes settings of choices,
 * `optimization.ts` gives them to the engine.
 */
import { MOST } from '../io/bounds.ts';
import type { OptionKinds } from '../io/options.ts';

/** What a person decides about how a network is trained, whatever it is. */
export interface OptimizationChoices {
  readonly epochs?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly schedule?: 'steps' | 'cosine' | 'one-cycle' | 'constant';
  /** In epochs, as `warmup` is. */
  readonly milestones?: readonly number[];
  readonly warmup?: number;
  /** Where there is no `warmup`. */
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

/** Of every training: how long, how fast, by which steps. */
export interface OptimizationSettings {
  readonly epochs: number;
  /** Images of a batch. */
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

/** An option as a flag, as a choice, and as the setting that the choice is kept as where it is kept as it is. */
interface OptimizationOption {
  readonly choice: keyof OptimizationChoices;
  readonly setting?: keyof OptimizationSettings;
  readonly kind: 'integer' | 'number' | 'text' | 'choice' | 'boolean';
  readonly help: string;
  readonly [field: string]: unknown;
}

const group = 'Optimization';
const epochsValue = { kind: 'number', group, value: 'EPOCHS', min: 0, max: MOST.epochs } as const;

/** By flag, in the order of `--help`. Without a default a flag follows from the data set. */
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
    help: 'images of a batch',
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
    help: 'how the learning rate goes (default steps)',
  },
  milestones: {
    choice: 'milestones',
    kind: 'text',
    group,
    value: 'EPOCHS',
    help: 'where it drops to a tenth, such as 82,123',
  },
  warmup: { choice: 'warmup', ...epochsValue, help: 'over which it rises at first' },
  'warmup-steps': {
    choice: 'warmupSteps',
    kind: 'integer',
    group,
    value: 'N',
    min: 0,
    max: MOST.steps,
    help: 'the same in steps',
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
    help: 'no weight decay of norms and biases',
  },
  'clip-norm': {
    choice: 'clipNorm',
    setting: 'clip_norm',
    kind: 'number',
    group,
    value: 'N',
    min: 0,
    max: MOST.norm,
    help: 'greatest norm of the gradients',
  },
  ema: {
    choice: 'ema',
    setting: 'ema',
    kind: 'number',
    group,
    value: 'DECAY',
    min: 0,
    max: 1,
    help: 'keep a moving average of the weights, such as 0.999: it is evaluated, and is the model',
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
    help: 'of all that is random (default 0)',
  },
} as const satisfies Readonly<Record<string, OptimizationOption>>;
