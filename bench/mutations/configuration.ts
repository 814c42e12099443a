/** Configurations of models, as stored in model files, and of trainings. */
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { loadClassifier } from '../../backbone/index.ts';
import { writeSafetensors } from '../../checkpoints/index.ts';
import { loadDetector, parseTrainingSettings } from '../../detection/index.ts';
import { modelInfo } from '../../detection/model-info.ts';
import type { Random } from '../../io/random.ts';
import { safetensors } from '../../test/checkpoints/hostile-files.ts';
import { writeSmallDetector } from '../../test/server/small-models.ts';
import { waveCheckpoint } from '../../test/wave-models.ts';
import { all, type Kind, picture } from './kind.ts';
import { mutateJson, pick, VALUES } from './mutate.ts';

/** Room for a mutated header. A detector has 45 MB of weights, which are written once per process. */
const HEADER_BYTES = 2 ** 20;

/** Plausible values, beside absurd ones. */
const PLAUSIBLE = [1, 2, 16, 64, 300, 1024, 8192, 20_000, 65_536, 0.1, 0.5, 0.999];

/** A model file with room in its header; the first case that needs it makes it. */
async function keptModel(kept: string, name: string, write: (file: string) => Promise<void>): Promise<string> {
  const file = join(kept, `${name}.safetensors`);
  if (existsSync(file)) return file;
  await write(file);
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(0));
  writeFileSync(file, safetensors(bytes.toString('utf8', 8, 8 + length), bytes.subarray(8 + length), HEADER_BYTES));
  writeFileSync(`${file}.json`, bytes.subarray(8, 8 + length));
  return file;
}

/** Settings with some values replaced: by plausible numbers, or by anything. */
function mutateSettings(random: Random, config: Record<string, unknown>): unknown {
  if (random.uniform() < 0.4) return mutateJson(random, config, [...VALUES, ...PLAUSIBLE]);
  const numbers = Object.keys(config).filter((key) => typeof config[key] === 'number');
  const changed = Array.from({ length: 1 + random.integer(4) }, () => [pick(random, numbers), pick(random, PLAUSIBLE)]);
  return { ...config, ...Object.fromEntries(changed) };
}

/** Replaces the file's configuration by a mutated one. */
function mutateConfiguration(random: Random, file: string): void {
  const header = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
  header.__metadata__.config = JSON.stringify(mutateSettings(random, JSON.parse(header.__metadata__.config)));
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, safetensors(JSON.stringify(header), undefined, HEADER_BYTES));
  closeSync(descriptor);
}

/** Reads a mutated configuration and, if it is accepted, uses it. */
const detector: Kind = async (random, _folder, kept) => {
  const file = await keptModel(kept, 'detector', writeSmallDetector);
  mutateConfiguration(random, file);
  await all(
    () => modelInfo(file),
    async () => {
      const model = await loadDetector(file, { threads: 1 });
      try {
        await model.detect(picture(40, 30));
      } finally {
        await model.dispose();
      }
    },
  );
};

const classifier: Kind = async (random, _folder, kept) => {
  const file = await keptModel(kept, 'classifier', async (target) => {
    const { tensors, config } = waveCheckpoint({ architecture: 'resnet8', num_classes: 3 });
    await writeSafetensors(target, tensors, { format: 'resnet-coco', config: JSON.stringify(config) });
  });
  mutateConfiguration(random, file);
  await all(
    () => modelInfo(file),
    async () => {
      const model = await loadClassifier(file, { threads: 1 });
      try {
        await model.classify(picture(40, 30));
      } finally {
        await model.dispose();
      }
    },
  );
};

const settings: Kind = async (random) => {
  parseTrainingSettings(mutateSettings(random, { ...parseTrainingSettings({}, 'usual') }), 'settings');
};

export const configuration: Kind = (random, ...folders) =>
  pick(random, [detector, detector, classifier, settings])(random, ...folders);
