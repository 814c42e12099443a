import type { Engine } from '../engine.ts';
import { measureNoise, noiseOutputs } from '../graph-passes/measure-noise.ts';
import type { PartRanges } from './calibration.ts';
import { type Observations, ObservingEngine } from './observing-engine.ts';
import { partKey } from './quantization-config.ts';

/** A layer, and the share of its output's energy that eight bits change. */
export interface LayerNoise {
  readonly layer: string;
  readonly noise: number;
}

/** Measures what quantization does to each layer by itself, while a model computes as always on `engine`. */
export class NoiseMeasurement {
  readonly engine: Engine;
  readonly #energies = new Map<string, { signal: number; noise: number }>();

  /** @param engine a compiled one, on the CPU */
  constructor(engine: Engine, ranges: PartRanges) {
    this.engine = new ObservingEngine(
      engine,
      (part) => measureNoise({ activations: ranges[partKey(part)] ?? {} }),
      (_, observations) => this.#add(observations),
    );
  }

  #add(observations: Observations): void {
    for (const name of Object.keys(observations).flatMap((output) => noiseOutputs.nameIn(output) ?? [])) {
      // A layer that occurs several times is one: its weights are in eight bits or they are not.
      const layer = name.replace(/#\d+$/, '');
      const sums = this.#energies.get(layer) ?? { signal: 0, noise: 0 };
      this.#energies.set(layer, sums);
      sums.signal += observations[noiseOutputs.signal(name)][0];
      sums.noise += observations[noiseOutputs.noise(name)][0];
    }
  }

  /** The layers, those that lose most first. */
  worstFirst(): LayerNoise[] {
    const shares = [...this.#energies].map(([layer, { noise, signal }]) => ({
      layer,
      noise: signal ? noise / signal : 0,
    }));
    return shares.sort((a, b) => b.noise - a.noise);
  }
}
