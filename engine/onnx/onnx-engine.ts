import { availableParallelism } from 'node:os';
import { ResnetCocoError } from '../../errors.ts';
import type {
  Engine,
  EngineName,
  EngineOptions,
  LossSpec,
  PartsProgram,
  PartsSpec,
  Program,
  ProgramInputs,
  ProgramOutputs,
  ProgramSpec,
  TrainingOptions,
  TrainingProgram,
} from '../engine.ts';
import { LossProgram, lossParts } from '../loss-program.ts';
import { checkTrainingOptions } from '../optimizers/check-options.ts';
import { int8Support } from '../quantization/int8-support.ts';
import { TrainedParts } from '../trained-parts.ts';
import { blockSize } from './block-size.ts';
import { encodeOnnx } from './encode.ts';
import { compiledGraph } from './export-onnx.ts';
import { onnxTensors, portsOf } from './onnx-tensor.ts';
import { OnnxTraining } from './onnx-training.ts';
import { SessionThread } from './session-thread.ts';
import type { PassFiles } from './session-worker.ts';

/** ONNX Runtime's execution provider. */
type Provider = 'cpu' | 'webgpu' | 'cuda';

/** The most likely reason why a provider does not start, and what to do. */
const REMEDIES: Readonly<Record<Provider, string>> = {
  cpu: 'ONNX Runtime refused the model',
  webgpu: 'no WebGPU adapter: it needs a GPU with a Vulkan, Metal or Direct3D 12 driver',
  cuda: 'its provider does not load: it needs an NVIDIA GPU, CUDA 12 and `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`',
};

/** The compiled engine: traces a model to an ONNX graph, which ONNX Runtime optimizes and runs in other threads. */
export function createOnnxEngine(name: EngineName, provider: Provider, options: EngineOptions = {}): Engine {
  const threads = options.threads ?? availableParallelism();
  const streams = provider === 'cpu' ? Math.min(options.streams ?? 1, threads) : 1;
  const cpu = `CPU, ${threads} thread${threads === 1 ? '' : 's'}${streams === 1 ? '' : ` in ${streams} streams`}`;
  return new OnnxEngine(name, provider, `${provider === 'cpu' ? cpu : provider} (ONNX Runtime)`, threads, streams);
}

class OnnxEngine implements Engine {
  readonly name: EngineName;
  readonly device: string;
  readonly #provider: Provider;
  readonly #threadsEach: number;
  readonly #multipliesBytes = int8Support().fast;
  readonly streams: number;
  /** Started with the first program and stopped with the last. */
  #sessions: SessionThread[] = [];
  #programs = 0;
  #count = 0;
  #block: Promise<number | undefined> | undefined;

  constructor(name: EngineName, provider: Provider, device: string, threads: number, streams: number) {
    this.name = name;
    this.device = device;
    this.#provider = provider;
    this.#threadsEach = Math.max(1, Math.floor(threads / streams));
    this.streams = streams;
  }

  async compile(spec: ProgramSpec): Promise<Program> {
    const { quantization, ...float } = spec;
    // Other providers lack operators on bytes: what lies between would travel to the CPU and back.
    const file = encodeOnnx(compiledGraph(this.#provider === 'cpu' ? spec : float));
    const { program, sessions } = await this.#start(spec.name, (sessions, program) => {
      const copies = sessions.map((_, i) => (i ? file.slice() : file));
      return sessions.map((session, i) =>
        session.ask('create', { program, file: copies[i], options: this.#sessionOptions() }, [copies[i]]),
      );
    });
    return new OnnxProgram(spec, program, sessions, () => this.#leave(sessions));
  }

  async train(spec: LossSpec, options: TrainingOptions): Promise<TrainingProgram> {
    return new LossProgram(await this.trainParts(lossParts(spec), options));
  }

  async trainParts<P extends string>(spec: PartsSpec<P>, options: TrainingOptions): Promise<PartsProgram<P>> {
    // Check before tracing, which may take seconds.
    checkTrainingOptions(options);
    // Only training needs gradients.
    const { tracePart } = await import('../trace/trace-part.ts');
    const { program, sessions } = await this.#start(spec.name, ([session], program) => {
      const create = async () => {
        const block = await this.#blockOf(session);
        const parts: Record<string, PassFiles> = {};
        for (const name of Object.keys(spec.parts)) {
          const { backward, forward, steps } = tracePart(spec, name, block);
          parts[name] = { forward: encodeOnnx(forward), ...(backward && { backward: encodeOnnx(backward) }), steps };
        }
        const files = Object.values(parts).flatMap(({ backward, forward }) =>
          backward ? [forward, backward] : [forward],
        );
        const request = { program, parts, options: this.#sessionOptions(), weights: spec.weights, training: options };
        await session.ask('train', request, files);
      };
      return [create()];
    });
    return new TrainedParts(spec, new OnnxTraining(spec, program, sessions[0], () => this.#leave(sessions)));
  }

  /** Creates a program in the threads. The first program starts them. */
  async #start(
    name: string,
    create: (sessions: readonly SessionThread[], program: number) => readonly Promise<void>[],
  ): Promise<{ readonly program: number; readonly sessions: readonly SessionThread[] }> {
    if (this.#programs++ === 0) this.#sessions = Array.from({ length: this.streams }, () => new SessionThread());
    const sessions = this.#sessions;
    const program = this.#count++;
    try {
      await Promise.all(create(sessions, program));
    } catch (cause) {
      await this.#leave(sessions);
      if (cause instanceof ResnetCocoError) throw cause;
      const lastLine = (cause as Error).message
        .trim()
        .split('\n')
        .pop()!
        .replace(/^.* was false\. /, '');
      const problem = `${name} on ${this.#provider}: ${REMEDIES[this.#provider]} (${lastLine})`;
      throw new ResnetCocoError('ENGINE_UNAVAILABLE', problem, { cause });
    }
    return { program, sessions };
  }

  /** Channels in a block of the blocked layout; undefined if the provider has none. */
  async #blockOf(session: SessionThread): Promise<number | undefined> {
    if (this.#provider !== 'cpu') return undefined;
    this.#block ??= blockSize(session, this.#count++, this.#sessionOptions());
    return await this.#block;
  }

  #sessionOptions(): object {
    return {
      executionProviders: this.#provider === 'cpu' ? ['cpu'] : [this.#provider, 'cpu'],
      intraOpNumThreads: this.#threadsEach,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
      // Threads of one session that spin for work must not compete for cores with the session that runs next.
      extra: {
        session: {
          force_spinning_stop: '1',
          // Sums of products of bytes overflow on CPUs with AVX2 but without VNNI, unless weights are made unsigned. With
          // VNNI that would take twice the time.
          ...(this.#multipliesBytes ? {} : { x64quantprecision: '1' }),
        },
      },
    };
  }

  async #leave(sessions: readonly SessionThread[]): Promise<void> {
    if (--this.#programs === 0) await Promise.all(sessions.map((session) => session.stop()));
  }
}

class OnnxProgram implements Program {
  readonly #spec: ProgramSpec;
  readonly #program: number;
  readonly #sessions: readonly SessionThread[];
  readonly #leave: () => Promise<void>;
  #disposed = false;

  constructor(spec: ProgramSpec, program: number, sessions: readonly SessionThread[], leave: () => Promise<void>) {
    this.#spec = spec;
    this.#program = program;
    this.#sessions = sessions;
    this.#leave = leave;
  }

  async run(inputs: ProgramInputs): Promise<ProgramOutputs> {
    const { inputs: ports, kept = [], name } = this.#spec;
    if (this.#disposed) throw new ResnetCocoError('DISPOSED', `${name} was used after dispose()`);
    const feeds = portsOf(name, Object.keys(ports), inputs);
    // A device-resident input lies in one thread, which must run the program; otherwise the least busy thread does.
    const session = feeds.owner ?? this.#sessions.reduce((least, other) => (other.load < least.load ? other : least));
    const request = { program: this.#program, inputs: feeds.ports, keep: kept };
    return onnxTensors(await session.ask('run', request), session);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await Promise.all(this.#sessions.map((session) => session.ask('dispose', { program: this.#program })));
    await this.#leave();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
