import { createVectors, shortest, type VectorsWriter, vectorFiles } from '../backbone/embeddings/vectors-file.ts';
import type { EmbeddedItem, LogitsOptions } from '../backbone/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { modelOfVectors } from './input/embedded-inputs.ts';
import { runImageJob, summarize } from './input/image-job.ts';
import { collectInputs, type Inputs } from './input/inputs.ts';
import { openClassifier } from './input/open-classifier.ts';
import { command, type ExitCode } from './terminal/command.ts';
import { Failures } from './terminal/failures.ts';
import type { FlagTable } from './terminal/flags.ts';
import { forceFlag, refuseExisting } from './terminal/output-file.ts';
import {
  archFlag,
  defined,
  engineFlags,
  inputFlags,
  jsonFlag,
  modelHelp,
  modelValue,
  pathsPositional,
} from './terminal/shared-flags.ts';
import { counted } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';

const flags = {
  out: {
    kind: 'text',
    value: 'FILE',
    help: 'the file to write: .npy (numpy, with the images listed in a .json beside it) or .jsonl',
  },
  ...forceFlag,
  ...jsonFlag,
  ...inputFlags,
  model: { kind: 'text', group: 'Model', value: modelValue, default: 'resnet50', help: modelHelp },
  ...archFlag,
  ...engineFlags,
} as const satisfies FlagTable;

/** What this command needs from a classifier. */
interface FileEmbedder {
  embedAll(files: Iterable<string>, options?: LogitsOptions): AsyncIterable<EmbeddedItem<string>>;
}

interface EmbedJob {
  /** The file to write, and the name of the model, which is stored with it. */
  readonly out?: string;
  readonly model: string;
  readonly batch?: number;
  readonly json: boolean;
}

type Embedded = Extract<EmbeddedItem<string>, { embedding: Float32Array }>;

/** Embeds the inputs, and writes and prints the vectors. */
export async function embedFiles(
  embedder: FileEmbedder,
  inputs: Inputs,
  { out, model, batch, json }: EmbedJob,
  dimensions: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const files = inputs.files.map(({ file }) => file);
  const failures = new Failures(terminal);
  const writer: VectorsWriter | undefined = out === undefined ? undefined : await createVectors(out, dimensions, model);
  try {
    const outcome = await runImageJob<Embedded>({
      inputs,
      results: embedder.embedAll(files, defined({ batch, signal })),
      terminal,
      failures,
      json,
      record: ({ file, embedding }) => ({ file, embedding: shortest(embedding) }),
      folder: {
        add: async ({ file, embedding }) => writer?.push(file, embedding),
        fail: async () => {},
        close: async () => {},
      },
    });
    await writer?.commit();
    const found = `${counted(dimensions, 'number')} each`;
    terminal.note(summarize(outcome, { found, failed: failures.count, out }));
  } catch (error) {
    await writer?.discard();
    throw error;
  }
  return failures.count ? 1 : 0;
}

export default command({
  summary: 'Feature vectors of images, for search, clustering and classifiers of your own.',
  positionals: pathsPositional,
  flags,
  details: [
    'The vector of an image is the input of the last layer: 2048 numbers of a ResNet-50. resnet-coco similar finds the nearest of them.',
    'FILE.npy: float32, a row per image in the order of the inputs; FILE.json beside it: {"model", "dimensions", "files": [the image of each row]}. FILE.jsonl: a line {"file", "embedding"} per image. Images that fail have no row and no line.',
    'JSON: [{"file", "embedding"}]. A failed image: {"file", "error"}.',
  ],
  examples: [
    ['resnet-coco embed photos --recursive --out vectors.npy', 'then in Python: numpy.load("vectors.npy")'],
    ['resnet-coco embed photos --out vectors.jsonl --model my-cells.safetensors', 'a model of your own'],
    ['resnet-coco embed dog.jpg --json', 'to another program'],
  ],
  async run({ flags, positionals, terminal, signal }) {
    const { out, force, json, recursive, model, batch } = flags;
    if (out === undefined && !json) {
      throw new ResnetCocoError('USAGE', 'embed wants --out FILE, such as --out vectors.npy, or --json');
    }
    for (const file of out === undefined ? [] : vectorFiles(out)) await refuseExisting(file, force);
    const inputs = await collectInputs(positionals, { recursive, signal });
    const classifier = await openClassifier(model, flags, inputs.files.length, terminal, signal);
    try {
      const job = { ...defined({ batch, out }), json, model: modelOfVectors(model) };
      return await embedFiles(classifier, inputs, job, classifier.dimensions, terminal, signal);
    } finally {
      await classifier.dispose();
    }
  },
});
