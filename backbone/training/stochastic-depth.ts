import { seeded } from '../../datasets/loaders/seeded.ts';
import type { HostTensor } from '../../engine/index.ts';

/**
 * The factors of residual branches for one step, [N, blocks] (Huang et al. 2016): a branch is left out for an image with
 * a probability that rises in proportion from 0 at the first block to `rate` at the last (timm's `drop_path_rate`); what
 * is kept is divided by the probability of being kept (torchvision `stochastic_depth`, mode `row`).
 *
 * @param place the epoch and the batch
 */
export function keptBranches(
  images: number,
  blocks: number,
  rate: number,
  seed: number,
  place: readonly [epoch: number, batch: number],
): HostTensor {
  const random = seeded(seed, 'depth', ...place);
  const data = Float32Array.from({ length: images * blocks }, (_, i) => {
    const kept = 1 - (rate * (i % blocks)) / Math.max(1, blocks - 1);
    return random.uniform() < kept ? 1 / kept : 0;
  });
  return { shape: [images, blocks], data };
}
