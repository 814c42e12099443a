import { type HostTensor, sizeOf } from '../engine/index.ts';

/** After so many numbers they come again. */
export const PERIOD = 10007;

/** What `fixtures/waves.py` calls a wave: numbers that any language can make again. */
export function wave(count: number, phase: number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = i < PERIOD ? Math.sin(i ** 1.3 * 1.7 + phase) : values[i - PERIOD];
  return values;
}

/** The weights that `fixtures/waves.py` fills a state dict of these shapes with. */
export function waveWeights(shapes: Readonly<Record<string, readonly number[]>>): Record<string, HostTensor> {
  const weights: Record<string, HostTensor> = {};
  for (const [phase, name] of Object.keys(shapes).sort().entries()) {
    const shape = shapes[name];
    const [scale, offset] = spread(name, shape);
    const narrowed = scale * (name.includes('bbox_pred') ? 0.05 : 1) * (name.includes('cls_score') ? 0.08 : 1);
    const values = wave(sizeOf(shape), phase);
    for (let i = 0; i < values.length; i++) values[i] = offset + narrowed * values[i];
    weights[name] = { shape, data: new Float32Array(values) };
  }
  return weights;
}

function spread(name: string, shape: readonly number[]): [scale: number, offset: number] {
  if (shape.length === 4) return [2 / Math.sqrt(shape[0] * shape[2] * shape[3]), 0];
  if (shape.length === 2) return [2 / Math.sqrt(shape[1]), 0];
  return /(running_var|\.weight)$/.test(name) ? [0.3, 1] : [0.1, 0];
}
