import { ResnetCocoError } from '../errors.ts';
import { writeWholeFile } from '../io/whole-file.ts';
import { command } from './terminal/command.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import type { FlagTable } from './terminal/flags.ts';
import { forceFlag, refuseExisting } from './terminal/output-file.ts';
import { formatBytes } from './terminal/progress.ts';
import { archFlag, defined, modelHelp } from './terminal/shared-flags.ts';

const flags = {
  out: {
    kind: 'text',
    value: 'FILE',
    help: 'the ONNX file to write; for a Faster R-CNN the files F.proposals.onnx, F.boxes.onnx and, with such heads, F.masks.onnx and F.keypoints.onnx',
  },
  'single-file': {
    kind: 'boolean',
    help: 'one file of a detector, from the bytes of an image to its detections: resizing, suppression and all else in the graph',
  },
  precision: {
    kind: 'choice',
    choices: ['float32', 'float16'],
    default: 'float32',
    help: 'of weights and activations; float16 files are half as large',
  },
  ...forceFlag,
  ...archFlag,
} as const satisfies FlagTable;

export default command({
  summary: 'Write a model as an ONNX file that ONNX Runtime and other runtimes load.',
  positionals: { usage: '<model>', min: 1, max: 1, help: [['<model>', modelHelp]] },
  flags,
  details: [
    'Batch, height and width of the input are dynamic. A Faster R-CNN becomes two graphs or more, because boxes are chosen by their values between them.',
    'With --single-file a detector is one graph: image [H, W, 3], bytes of any size, to boxes, labels, scores and, of models with such heads, masks, keypoints and keypoint_scores. Its metadata name the labels.',
  ],
  examples: [
    ['resnet-coco export resnet50 --out resnet50.onnx', ''],
    ['resnet-coco export fasterrcnn_resnet50_fpn --single-file --out detector.onnx', ''],
  ],
  async run({
    flags: { out, arch, force, precision, 'single-file': singleFile },
    positionals: [model],
    terminal,
    signal,
  }) {
    if (out === undefined) throw new ResnetCocoError('USAGE', 'export wants --out FILE, such as --out model.onnx');
    const { exportModel } = await import('../index.ts');
    const graphs = await withDownloadProgress(terminal, (onProgress, onNote) =>
      exportModel(model, { ...defined({ arch }), singleFile, precision, onProgress, onNote, signal }),
    );
    const files = graphs.map(({ part, bytes }) => ({
      file: part ? `${out.replace(/\.onnx$/, '')}.${part}.onnx` : out,
      bytes,
    }));
    for (const { file } of files) await refuseExisting(file, force);
    for (const { file, bytes } of files) {
      await writeWholeFile(file, bytes);
      terminal.note(`${file}: ${formatBytes(bytes.byteLength)}`);
    }
    return 0;
  },
});
