import { basename } from 'node:path';
import type { QuantizationConfig } from '../../engine/index.ts';
import { writeWholeFile } from '../../io/whole-file.ts';
import { escaped, markdownTable } from '../../training/index.ts';
import type { QuantizedModel } from '../quantize-model.ts';

/** What a card says of a quantized model besides the result. */
export interface QuantizationCard {
  /** The model from before. */
  readonly from: string;
  readonly calibration: QuantizationConfig['calibration'];
  /** What the scores were measured on. */
  readonly evaluation?: string | undefined;
  readonly machine: string;
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const points = (score: number): string => score.toFixed(2);

/** The card of a quantized model, as Markdown. */
export function quantizationCard(model: QuantizedModel, card: QuantizationCard): string {
  const { bytes, file, floatLayers, loss, method, milliseconds, quantizedLayers, scores } = model;
  const name = basename(file).replace(/\.safetensors$/, '');
  const ratio = (milliseconds.after / milliseconds.before).toFixed(2);
  const sections = [
    `# ${escaped(name)}`,
    `${escaped(card.from)} in eight bits (int8), by resnet-coco quantize.`,
    markdownTable([
      ['layers in eight bits', `${quantizedLayers}`],
      ['layers in single precision', floatLayers.length ? floatLayers.join(', ') : 'none'],
      ['size', `${megabytes(bytes.after)}, before ${megabytes(bytes.before)}`],
      ['calibration data', `${card.calibration.data}: ${card.calibration.images} images`],
      ['ranges', method],
    ]),
    '## Loss',
    scores
      ? markdownTable([
          ['measured on', card.evaluation ?? 'not stated'],
          ...Object.keys(scores.before).map((score): [string, string] => [
            score,
            `${points(scores.after[score])}, before ${points(scores.before[score])}`,
          ]),
          ['loss in points', points(loss ?? 0)],
        ])
      : 'Not measured: `--evaluate` measures it.',
    '## Speed',
    markdownTable([
      ['an image', `${milliseconds.after.toFixed(1)} ms, before ${milliseconds.before.toFixed(1)} ms: ${ratio}×`],
      ['machine', card.machine],
    ]),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** @throws ResnetCocoError FILE_NOT_WRITABLE */
export async function writeQuantizationCard(
  file: string,
  model: QuantizedModel,
  card: QuantizationCard,
): Promise<void> {
  await writeWholeFile(file, quantizationCard(model, card));
}
