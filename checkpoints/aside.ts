import type { StoredTensor } from './stored-tensor.ts';

/** A copy of the weights beside them. */
const COPY = /^(ema|model_ema|ema_model|averaged_model|module_ema)\./;

/** Counters of batch norm, and heads of Mask and Keypoint R-CNN, whose boxes do not depend on them. */
const OF_THE_MODEL: readonly RegExp[] = [
  /(^|\.)num_batches_tracked$/,
  /^roi_heads\.(mask_head|mask_predictor|keypoint_head|keypoint_predictor)\./,
];

/** Those heads, by the field of a configuration with which a model has them. */
const HEADS: Readonly<Record<string, RegExp>> = {
  mask_head: /^roi_heads\.(mask_head|mask_predictor)\./,
  keypoint_head: /^roi_heads\.(keypoint_head|keypoint_predictor)\./,
};

/** Whether a tensor is of a head that a model has, by its configuration. */
export const isOfUsedHead = (name: string, config: unknown): boolean =>
  Object.entries(HEADS).some(([field, pattern]) => pattern.test(name) && Object.hasOwn(Object(config), field));

/** In a run's checkpoint of this toolkit: the optimizer's state, and raw weights beside their average. */
const OF_A_RUN = /^run\//;

/** What training stores beside the weights, by name. */
const OF_TRAINING: readonly RegExp[] = [
  /^n_averaged$/,
  OF_A_RUN,
  /^(optimi[sz]ers?|optimi[sz]er_states?|optim|lr_schedulers?|schedulers?|grad_scaler|scaler)[./]/,
  /^(criterion|loss|loss_fn|loss_func|loss_function)\./,
  // Of self-supervised learning: what follows the network, and the queue of MoCo.
  /^(projection_head|projector|predictor|prototypes|prediction_head)\./,
  /^(queue|queue_ptr|queue_labels)$/,
  /^(\w+_)?(acc|acc1|acc5|accuracy|metric|metrics|f1|auroc)\./,
];

const matches = (name: string, patterns: readonly RegExp[]): boolean => patterns.some((pattern) => pattern.test(name));

/** Whether an unused tensor belongs to the model and not to its training. */
export const isOfTheModel = (name: string): boolean => matches(name, OF_THE_MODEL);

/**
 * Names of tensors that do not change a model's output: an optimizer's state, counters, a loss's weights, a moving
 * average beside the weights, single numbers such as the epoch.
 */
export function namesAside(tensors: ReadonlyMap<string, Pick<StoredTensor, 'shape'>>): Set<string> {
  const names = [...tensors.keys()];
  const isLoneNumber = (name: string) => !name.includes('.') && !tensors.get(name)!.shape.length;
  const aside = new Set(names.filter((name) => isLoneNumber(name) || isOfTheModel(name) || matches(name, OF_TRAINING)));
  const isCopy = (name: string) => COPY.test(name);
  const weights = names.filter((name) => !aside.has(name));
  if (weights.every(isCopy)) return aside;
  for (const name of weights.filter(isCopy)) aside.add(name);
  return aside;
}

/** What is said of the tensors with which a run goes on, however many kinds there are. */
export const TRAINING_STATE = 'the state of its training run';

/** These tensors by what they belong to, with counts, such as `num_batches_tracked (53 tensors)`. */
export function describeAside(names: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const name of names) {
    const [part] = OF_A_RUN.test(name)
      ? [TRAINING_STATE]
      : (/num_batches_tracked$/.exec(name) ?? /^(roi_heads\.\w+|\w+)/.exec(name) ?? [name]);
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  return [...counts].map(([part, count]) => `${part} (${count} tensor${count === 1 ? '' : 's'})`);
}
