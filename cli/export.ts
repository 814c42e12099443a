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
  ...forceFlag,
  ...archFlag,
} as const satisfies FlagTable;

export default command({
  summary: 'Write a model as an ONNX file that ONNX Runtime and other runtimes load.',
  positionals: { usage: '<model>', min: 1, max: 1, help: [['<model>', modelHelp]] },
  flags,
  details: [
    'Batch, height and width of the input are dynamic. A Faster R-CNN becomes two graphs or more, because boxes are chosen by their values between them.',
  ],
  examples: [['resnet-coco export resnet50 --out resnet50.onnx', '']],
  async run({ flags: { out, arch, force }, positionals: [model], terminal, signal }) {
    if (out === undefined) throw new ResnetCocoError('USAGE', 'export wants --out FILE, such as --out model.onnx');
    const { exportModel } = await import('../index.ts');
    const graphs = await withDownloadProgress(terminal, (onProgress, onNote) =>
      exportModel(model, { ...defined({ arch }), onProgress, onNote, signal }),
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
