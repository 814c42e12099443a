import { cpus } from 'node:os';
import { basename } from 'node:path';
import type { QuantizedModel } from '../detection/index.ts';
import { rangeMethods } from '../engine/quantization/ranges.ts';
import { ResnetCocoError } from '../errors.ts';
import { collectInputs } from './input/inputs.ts';
import { openScoring } from './input/model-scores.ts';
import { command } from './terminal/command.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import { Failures } from './terminal/failures.ts';
import { type FlagTable, required } from './terminal/flags.ts';
import { forceFlag, refuseExisting } from './terminal/output-file.ts';
import { formatBytes } from './terminal/progress.ts';
import { archFlag, defined, engineFlags, jsonFlag, modelHelp, sourceFlags } from './terminal/shared-flags.ts';
import { counted } from './terminal/table.ts';

/** More images hardly change the ranges. */
const MOST_IMAGES = 100;

const flags = {
  calibrate: {
    kind: 'text',
    value: 'DIR',
    help: `images like those that the model will see, with sub-folders; ranges are measured on ${MOST_IMAGES} of them`,
  },
  out: { kind: 'text', value: 'FILE', help: 'the .safetensors file to write, with a card (.md) beside it' },
  method: {
    kind: 'choice',
    choices: rangeMethods,
    default: 'minmax',
    help: 'how ranges are chosen: the extremes, without the outermost hundred-thousandth, or by the least loss of information',
  },
  evaluate: {
    kind: 'text',
    value: 'DATASET',
    help: 'measure the loss: imagefolder:DIR or cifar10:DIR of a classifier; of a detector what evaluate detector takes',
  },
  'max-loss': {
    kind: 'number',
    value: 'POINTS',
    min: 0,
    max: 100,
    help: 'with --evaluate: the most points of top-1 or AP to lose; the worst layers stay in single precision until it holds',
  },
  annotations: { kind: 'text', value: 'PATH', help: 'with --evaluate: the ground truth, if it is not in that folder' },
  ...sourceFlags,
  ...forceFlag,
  ...jsonFlag,
  ...archFlag,
  threads: engineFlags.threads,
} as const satisfies FlagTable;

function describe({
  bytes,
  floatLayers,
  floatParts,
  loss,
  milliseconds,
  quantizedLayers,
  scores,
}: QuantizedModel): string {
  const ratio = (milliseconds.after / milliseconds.before).toFixed(2);
  const lines = [
    `${counted(quantizedLayers, 'layer')} in eight bits${floatLayers.length ? `, in single precision: ${floatLayers.join(', ')}` : ''}`,
    ...(floatParts ? [`in single precision, since nothing was found for them: ${floatParts.join(', ')}`] : []),
    `size: ${formatBytes(bytes.after)}, before ${formatBytes(bytes.before)}`,
    `an image: ${milliseconds.after.toFixed(1)} ms, before ${milliseconds.before.toFixed(1)} ms (${ratio}×)`,
  ];
  for (const [name, before] of Object.entries(scores?.before ?? {})) {
    lines.push(`${name}: ${scores!.after[name].toFixed(2)}, before ${before.toFixed(2)}`);
  }
  if (loss !== undefined) lines.push(`loss: ${loss.toFixed(2)} points`);
  return lines.join('\n');
}

/** Some of a list, evenly spread. */
const spread = <T>(list: readonly T[], most: number): T[] =>
  list.length <= most ? [...list] : Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]);

export default command({
  summary: 'Make a model compute in eight bits (int8): faster on CPUs with VNNI, and a quarter of the size.',
  positionals: { usage: '<model>', min: 1, max: 1, help: [['<model>', modelHelp]] },
  flags,
  details: [
    'The file is taken by every command. Engines other than onnx compute in single precision with its weights.',
    'JSON: {"file", "method", "images", "quantizedLayers", "floatLayers", "bytes", "milliseconds", "scores", "loss"}.',
  ],
  examples: [
    ['resnet-coco quantize resnet50 --calibrate photos --out resnet50-int8.safetensors', ''],
    [
      'resnet-coco quantize my.safetensors --calibrate photos --out int8.safetensors --evaluate val --max-loss .5',
      'at most half a point of AP',
    ],
  ],
  async run({ flags, positionals: [model], terminal, signal }) {
    const { annotations, arch, evaluate: source, force, images, method, split, threads } = flags;
    const folder = required('calibrate', flags.calibrate);
    const out = required('out', flags.out);
    await refuseExisting(out, force);
    const maxLoss = flags['max-loss'];
    if (maxLoss !== undefined && source === undefined) {
      throw new ResnetCocoError('USAGE', '--max-loss needs --evaluate DATASET, by which the loss is measured');
    }
    const inputs = await collectInputs([folder], { recursive: true, signal });
    const files = inputs.files.map(({ file }) => file);
    if (!files.length) {
      throw new ResnetCocoError(
        'USAGE',
        `--calibrate ${folder}: has no images; give a folder of some dozens, like those that the model will see`,
      );
    }
    for (const note of inputs.notes) terminal.note(note);
    const calibrate = spread(files, MOST_IMAGES);
    if (calibrate.length < files.length) terminal.note(`calibrates with ${calibrate.length} of ${files.length} images`);
    const evaluate =
      source === undefined ? undefined : await openScoring(source, { annotations, images, split }, terminal, signal);
    const [{ quantizeModel, writeQuantizationCard }, { int8Support }] = await Promise.all([
      import('../detection/index.ts'),
      import('../engine/index.ts'),
    ]);
    const { detail, fast } = int8Support();
    if (!fast) terminal.note(`int8 on this machine: ${detail}`);
    const failures = new Failures(terminal);
    const progress = terminal.startProgress('images', calibrate.length);
    const calibrationName = basename(folder);
    const quantized = await withDownloadProgress(terminal, (onProgress, onNote) =>
      quantizeModel(model, out, {
        ...defined({ arch, evaluate, maxLoss, threads }),
        ...{ calibrate, calibrationName, method, onProgress, onNote, signal },
        onImage: ({ error, file }) => {
          progress.advance({ failed: error !== undefined });
          if (error) failures.add(file, error);
        },
        onScores: ({ layers, scores }) => {
          const named = Object.entries(scores).map(([name, score]) => `${name} ${score.toFixed(2)}`);
          terminal.note(`${counted(layers.length, 'layer')} in single precision: ${named.join(', ')}`);
        },
      }).finally(() => progress.stop()),
    );
    await writeQuantizationCard(`${out.replace(/\.safetensors$/, '')}.md`, quantized, {
      from: basename(model),
      calibration: { data: calibrationName, images: quantized.images },
      evaluation: source,
      machine: `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${counted(cpus().length, 'core')}; int8: ${detail}`,
    });
    await (flags.json ? terminal.printJson(quantized) : terminal.print(describe(quantized)));
    return failures.count ? 1 : 0;
  },
});
