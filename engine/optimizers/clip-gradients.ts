import type { NamedArrays } from './optimizer.ts';

/**
 * Scales all gradients together so that their norm is at most `maxNorm` (torch's `clip_grad_norm_`).
 *
 * @returns the norm before
 */
export function clipGradients(gradients: NamedArrays, maxNorm: number): number {
  let sum = 0;
  for (const gradient of Object.values(gradients)) for (let i = 0; i < gradient.length; i++) sum += gradient[i] ** 2;
  const norm = Math.sqrt(sum);
  const scale = maxNorm / (norm + 1e-6);
  if (scale < 1) {
    for (const gradient of Object.values(gradients)) for (let i = 0; i < gradient.length; i++) gradient[i] *= scale;
  }
  return norm;
}
