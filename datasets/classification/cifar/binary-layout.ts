import { join } from 'node:path';
import {
  badDataset,
  type CifarLayout,
  cifarBatch,
  interleaved,
  readDataFile,
  readOptionalFile,
} from './cifar-batch.ts';
import { CIFAR_10, CIFAR_100, PIXEL_BYTES } from './cifar-kind.ts';

/** `cifar-10-binary.tar.gz`: records of an image's labels, one byte each, and its planes of red, green and blue. */
export const binaryLayout: CifarLayout = {
  name: 'binary',
  kinds: [CIFAR_10, CIFAR_100],
  file: (batch) => `${batch}.bin`,

  async read(kind, folder, split) {
    const batches = kind.batches[split].map(async (batch) => {
      const file = join(folder, this.file(batch));
      const bytes = await readDataFile(file);
      const record = kind.labelBytes + PIXEL_BYTES;
      if (bytes.length % record) {
        const whole = Math.floor(bytes.length / record);
        throw badDataset(
          file,
          `${bytes.length} bytes are no whole number of ${kind.title}'s records of ${record}: it ends within image ${whole}; unpack it again`,
        );
      }
      const labels = Array.from({ length: bytes.length / record }, (_, i) => bytes[i * record + kind.labelBytes - 1]);
      return cifarBatch(kind, file, labels, (i) =>
        interleaved(bytes.subarray(i * record + kind.labelBytes, (i + 1) * record)),
      );
    });
    return Promise.all(batches);
  },

  async classes(kind, folder) {
    const text = (await readOptionalFile(join(folder, kind.binaryNames)))?.toString('utf8');
    return text?.split(/\r?\n/).filter((line) => line !== '');
  },
};
