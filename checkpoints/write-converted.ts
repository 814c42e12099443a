import { ResnetCocoError } from '../errors.ts';
import { floatToHalf } from '../io/half-floats.ts';
import { isOfTheModel } from './aside.ts';
import type { Checkpoint } from './checkpoint.ts';
import { checkFit } from './fit.ts';
import { FORMAT, readNumbers, shapesOf } from './model-file.ts';
import { writeSafetensors } from './safetensors.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** The contents of a converted model's file. */
export interface Conversion {
  /** The architecture's name in errors. */
  readonly architecture: string;
  /** Everything needed to rebuild the model. */
  readonly config: object;
  /** The shapes of its tensors. */
  readonly needed: Readonly<Record<string, readonly number[]>>;
  /** Whether floating-point tensors are stored in half precision. */
  readonly half: boolean;
}

/**
 * Writes the tensors of a checkpoint as a self-describing model file, without what training stored beside them.
 *
 * @throws ResnetCocoError BAD_MODEL if tensors are missing, have another shape, are not used, are not finite, or exceed
 *   half precision; FILE_NOT_WRITABLE
 */
export async function writeConverted(to: string, checkpoint: Checkpoint, conversion: Conversion): Promise<void> {
  const { architecture, config, half, needed } = conversion;
  const { file } = checkpoint;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of checkpoint.tensors) {
    const isNeeded = Object.hasOwn(needed, name);
    if (!isNeeded && !isOfTheModel(name)) continue;
    // Counters beside the weights keep their type.
    tensors.set(name, !isNeeded ? tensor : (half ? halved : checked)(file, name, tensor));
  }
  checkFit(shapesOf(checkpoint), needed, file, architecture);
  await writeSafetensors(to, tensors, { format: FORMAT, config: JSON.stringify(config) });
}

/** The tensor, checked when it is read. If its numbers are unusable, no file is written. */
function checked(file: string, name: string, tensor: StoredTensor): StoredTensor {
  const bytes = () => {
    readNumbers(file, name, tensor);
    return tensor.bytes();
  };
  return { ...tensor, bytes };
}

const LARGEST_HALF = 65504;

function halved(file: string, name: string, tensor: StoredTensor): StoredTensor {
  const bytes = () => {
    const halves = floatToHalf(readNumbers(file, name, tensor));
    const beyond = halves.reduce((count, half) => count + Number((half & 0x7fff) === 0x7c00), 0);
    if (!beyond) return new Uint8Array(halves.buffer);
    const problem = `${beyond} of its ${halves.length} numbers exceed ${LARGEST_HALF}, the largest number of half precision`;
    throw new ResnetCocoError('BAD_MODEL', `${file}: ${name}: ${problem}; leave out \`half\``);
  };
  return { dtype: 'F16', shape: tensor.shape, bytes };
}
