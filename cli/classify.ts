import type { ClassifiedFile, ClassifyAllOptions, Prediction, ViewOptions } from '../backbone/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { MOST } from '../io/bounds.ts';
import { byExamples, openExamples } from './input/examples.ts';
import { runImageJob, summarize } from './input/image-job.ts';
import { collectInputs, type Inputs } from './input/inputs.ts';
import { openClassifier } from './input/open-classifier.ts';
import { command, type ExitCode } from './terminal/command.ts';
import { Failures } from './terminal/failures.ts';
import type { FlagTable } from './terminal/flags.ts';
import {
  archFlag,
  defined,
  engineFlags,
  inputFlags,
  jsonFlag,
  modelHelp,
  modelValue,
  pathsPositional,
  viewFlags,
  viewOf,
} from './terminal/shared-flags.ts';
import { displayWidth, formatTable, padColumns } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';

const flags = {
  top: {
    kind: 'integer',
    value: 'N',
    min: 1,
    max: MOST.classes,
    default: 5,
    help: 'number of classes to print for each image',
  },
  ...jsonFlag,
  ...inputFlags,
  examples: {
    kind: 'text',
    group: 'By examples',
    value: 'DIR',
    help: "classes of your own, without training: a folder per class with a few images, instead of the model's classes",
  },
  neighbors: {
    kind: 'integer',
    group: 'By examples',
    value: 'N',
    min: 1,
    max: MOST.classes,
    alias: 'neighbours',
    help: 'how many of the most similar examples vote (default: 5)',
  },
  model: { kind: 'text', group: 'Model', value: modelValue, default: 'resnet50', help: modelHelp },
  ...archFlag,
  ...viewFlags,
  ...engineFlags,
} as const satisfies FlagTable;

const percent = (probability: number): string => `${(100 * probability).toFixed(2)} %`;

const row = ({ probability, label, wnid }: Prediction): string[] => [
  percent(probability),
  label,
  ...(wnid ? [wnid] : []),
];

interface ClassifyJob extends ViewOptions {
  readonly top: number;
  readonly batch?: number;
  readonly json: boolean;
}

/** What this command needs from a classifier. */
interface FileClassifier {
  classifyAll(files: Iterable<string>, options?: ClassifyAllOptions): AsyncIterable<ClassifiedFile>;
}

/** Classifies the inputs and prints the results. */
export async function classifyFiles(
  classifier: FileClassifier,
  inputs: Inputs,
  { top, batch, json, ...view }: ClassifyJob,
  terminal: Terminal,
  signal: AbortSignal,
  failures = new Failures(terminal),
): Promise<ExitCode> {
  const files = inputs.files.map(({ file }) => file);
  // With one class per image, one line per image.
  const nameWidth = top === 1 ? files.reduce((widest, file) => Math.max(widest, displayWidth(file)), 0) : 0;
  const outcome = await runImageJob({
    inputs,
    results: classifier.classifyAll(files, defined({ top, batch, signal, ...view })),
    terminal,
    failures,
    json,
    describe: ({ file, predictions }) =>
      top === 1
        ? formatTable(
            predictions.map((prediction) => [padColumns(file, nameWidth), ...row(prediction)]),
            'lrll',
          )
        : `${file}\n${formatTable(predictions.map(row), 'rll', '  ')}`,
    record: ({ file, predictions }) => ({ file, predictions }),
  });
  terminal.note(summarize(outcome, { failed: failures.count }));
  return failures.count ? 1 : 0;
}

export default command({
  summary: 'Top classes of each image.',
  positionals: pathsPositional,
  flags,
  details: [
    'With --examples, an image is of the class of the examples most similar to it: probabilities are shares of votes. The accuracy of the examples, each classified by the others, is printed first.',
    'JSON: [{"file", "predictions": [{"index", "label", "wnid", "probability"}]}], most probable first; wnid only for ImageNet models. A failed image: {"file", "error"}.',
  ],
  examples: [
    ['resnet-coco classify dog.jpg', ''],
    ['resnet-coco classify photos --recursive --top 1', 'one line per image'],
    ["find . -name '*.jpg' -print0 | resnet-coco classify - --json", 'a list of files from another program'],
    ['resnet-coco classify cell.png --model my-cells.safetensors', 'a model of your own'],
    ['resnet-coco classify photos --examples examples', 'examples/cat, examples/dog: some images of each'],
    [
      'resnet-coco classify photos --model hf:timm/resnet50.a1_in1k --size test --crops 10',
      'a model of the Hugging Face hub, as its authors tested it, and with ten crops',
    ],
  ],
  async run({ flags, positionals, terminal, signal }) {
    const { top, json, recursive, model, batch, examples, neighbors } = flags;
    const view = viewOf(flags);
    if (examples !== undefined && (view.crops !== 1 || view.size !== undefined)) {
      throw new ResnetCocoError('USAGE', '--size and --crops are not for --examples: leave them out');
    }
    if (neighbors !== undefined && examples === undefined) {
      throw new ResnetCocoError(
        'USAGE',
        '--neighbors has no effect without --examples DIR: name the folder of examples',
      );
    }
    const dataset = examples === undefined ? undefined : await openExamples(examples, terminal);
    const inputs = await collectInputs(positionals, { recursive, signal });
    const images = inputs.files.length + (dataset?.length ?? 0);
    const classifier = await openClassifier(model, flags, images, terminal, signal);
    try {
      const failures = new Failures(terminal);
      const named = dataset
        ? await byExamples(classifier, dataset, defined({ neighbors, batch, signal }), failures, terminal)
        : classifier;
      const job = { ...defined({ batch }), top, json, ...(dataset ? {} : view) };
      return await classifyFiles(named, inputs, job, terminal, signal, failures);
    } finally {
      await classifier.dispose();
    }
  },
});
