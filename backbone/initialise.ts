import { type HostTensor, sizeOf } from '../engine/index.ts';
import type { Random } from '../io/random.ts';

/**
 * Weights of an untrained network. Convolutions follow He et al. 2015 ("Delving deep", equation 14): normal, with
 * deviation √(2 / fan-out), as torchvision's ResNets start; linear layers are uniform within 1 / √fan-in, as torch's;
 * norms are the identity.
 *
 * @param shapes by name, in PyTorch's layout, such as `classifierShapes` gives
 * @param zeroGamma norms that start with γ = 0: with `residualNorms` every block starts as its shortcut (Goyal et al.
 *   2017 §5.1, torchvision's `zero_init_residual`)
 */
export function initialise(
  shapes: Readonly<Record<string, readonly number[]>>,
  random: Random,
  zeroGamma: readonly string[] = [],
): Record<string, HostTensor> {
  const zeros = new Set(zeroGamma.map((norm) => `${norm}.weight`));
  const weights: Record<string, HostTensor> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const data = new Float32Array(sizeOf(shape));
    if (shape.length === 4) {
      const deviation = Math.sqrt(2 / (shape[0] * shape[2] * shape[3]));
      for (let i = 0; i < data.length; i++) data[i] = random.normal(0, deviation);
    } else if (shape.length === 2) {
      const bound = 1 / Math.sqrt(shape[1]);
      for (let i = 0; i < data.length; i++) data[i] = random.uniform(-bound, bound);
    } else if (/\.(weight|running_var)$/.test(name)) {
      data.fill(zeros.has(name) ? 0 : 1);
    }
    weights[name] = { shape, data };
  }
  return weights;
}
