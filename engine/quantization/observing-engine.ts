import type { Engine, Program, ProgramOutputs, ProgramSpec } from '../engine.ts';
import type { GraphPass } from '../graph-passes/graph-pass.ts';

/** The values of the outputs that a pass added, by name. */
export type Observations = Readonly<Record<string, Float32Array>>;

/** The name of a part in an observation: models of one part have it empty. */
export type Observer = (part: string, observations: Observations) => void;

/**
 * An engine whose programs do what they always do, while someone looks inside: their graphs have the further outputs that
 * a pass adds, which are told after each run.
 */
export class ObservingEngine implements Engine {
  readonly #engine: Engine;
  readonly #passOf: (part: string) => GraphPass;
  readonly #observer: Observer;
  readonly train: Engine['train'];
  readonly trainParts: Engine['trainParts'];

  /** @param passOf the pass of a part of a model */
  constructor(engine: Engine, passOf: (part: string) => GraphPass, observer: Observer) {
    this.#engine = engine;
    this.#passOf = passOf;
    this.#observer = observer;
    this.train = engine.train.bind(engine);
    this.trainParts = engine.trainParts.bind(engine);
  }

  get name(): Engine['name'] {
    return this.#engine.name;
  }

  get device(): string {
    return this.#engine.device;
  }

  get streams(): number {
    return this.#engine.streams;
  }

  async compile(spec: ProgramSpec): Promise<Program> {
    const added = new Set<string>();
    const observe: GraphPass = (graph) => {
      const own = new Set(graph.outputs.map(({ name }) => name));
      const observed = this.#passOf(spec.part ?? '')(graph);
      for (const { name } of observed.outputs) if (!own.has(name)) added.add(name);
      return observed;
    };
    const program = await this.#engine.compile({ ...spec, observe });
    return {
      run: async (inputs) => await this.#told(spec, await program.run(inputs), added),
      dispose: () => program.dispose(),
      [Symbol.asyncDispose]: () => program.dispose(),
    };
  }

  async #told(
    { part = '' }: ProgramSpec,
    outputs: ProgramOutputs,
    added: ReadonlySet<string>,
  ): Promise<ProgramOutputs> {
    const own: Record<string, ProgramOutputs[string]> = {};
    const observations: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      if (!added.has(name)) {
        own[name] = tensor;
        continue;
      }
      observations[name] = (await tensor.data()) as Float32Array;
      tensor.dispose();
    }
    this.#observer(part, observations);
    return own;
  }
}
