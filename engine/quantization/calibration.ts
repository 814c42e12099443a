import type { Engine } from '../engine.ts';
import { observeActivations, observedOutputs } from '../graph-passes/observe-activations.ts';
import type { Range } from './eight-bits.ts';
import { type Observations, ObservingEngine } from './observing-engine.ts';
import { partKey } from './quantization-config.ts';
import { ObservedRange, type RangeMethod } from './ranges.ts';

/** Ranges by part of a model and by activation. */
export type PartRanges = Readonly<Record<string, Readonly<Record<string, Range>>>>;

/** Measures the ranges of a model's activations while it computes as always on `engine`. */
export class Calibration {
  readonly engine: Engine;
  readonly #observed = new Map<string, Map<string, ObservedRange>>();

  /** @param engine a compiled one, on the CPU */
  constructor(engine: Engine) {
    this.engine = new ObservingEngine(
      engine,
      () => observeActivations,
      (part, observations) => this.#add(partKey(part), observations),
    );
  }

  #add(part: string, observations: Observations): void {
    for (const name of Object.keys(observations).flatMap((output) => observedOutputs.nameIn(output) ?? [])) {
      // Of no region at all, there is nothing.
      if (!observations[observedOutputs.sample(name)].length) continue;
      const ranges = this.#observed.get(part) ?? new Map<string, ObservedRange>();
      this.#observed.set(part, ranges);
      const range = ranges.get(name) ?? new ObservedRange();
      ranges.set(name, range);
      const [least] = observations[observedOutputs.least(name)];
      const [greatest] = observations[observedOutputs.greatest(name)];
      range.add(name, least, greatest, observations[observedOutputs.sample(name)]);
    }
  }

  ranges(method: RangeMethod): PartRanges {
    const parts = [...this.#observed].map(([part, ranges]) => [
      part,
      Object.fromEntries([...ranges].map(([name, observed]) => [name, observed.range(method)])),
    ]);
    return Object.fromEntries(parts);
  }
}
