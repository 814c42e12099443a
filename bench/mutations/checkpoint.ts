import { openCheckpoint, toFloat32 } from '../../checkpoints/index.ts';
import { modelInfo } from '../../detection/model-info.ts';
import { safetensors as safetensorsBytes } from '../../test/checkpoints/hostile-files.ts';
import { all, type Kind, once, seeds, write } from './kind.ts';
import { mutateBytes, mutateJson, pick } from './mutate.ts';

async function readWeightFile(file: string): Promise<void> {
  const checkpoint = await openCheckpoint(file);
  try {
    for (const tensor of checkpoint.tensors.values()) toFloat32(tensor);
  } finally {
    checkpoint.close();
  }
}

const checkpoints = once(() => seeds('checkpoints', '.pth', '.pt', '.th', '.tar'));
export const pth: Kind = async (random, folder) => {
  const file = write(folder, 'model.pth', mutateBytes(random, pick(random, checkpoints())));
  await all(
    () => readWeightFile(file),
    () => modelInfo(file),
  );
};

const header = {
  __metadata__: { format: 'pt' },
  'conv1.weight': { dtype: 'F32', shape: [2, 3, 1, 1], data_offsets: [0, 24] },
  'fc.bias': { dtype: 'F16', shape: [4], data_offsets: [24, 32] },
};
export const safetensors: Kind = async (random, folder) => {
  const whole = safetensorsBytes(JSON.stringify(header), Buffer.alloc(32, 60));
  const isStructured = random.uniform() < 0.6;
  const changed = isStructured
    ? safetensorsBytes(JSON.stringify(mutateJson(random, header)), Buffer.alloc(32, 60))
    : mutateBytes(random, whole);
  const file = write(folder, 'model.safetensors', changed);
  await all(
    () => readWeightFile(file),
    () => modelInfo(file),
  );
};
