import type { StoredTensor } from '../stored-tensor.ts';
import { toFloat32 } from '../to-float32.ts';
import { filledWith, singles } from './tensor-edits.ts';

/** Names of a ResNet in Caffe2 and Detectron, such as `res2_0_branch2a_w`; the head is called `fc1000` or `pred`. */
const NAME =
  /^(?:(conv1|(?:res_)?conv1_bn)|(fc1000|pred)|res([2-5])_(\d+)_branch(1|2[abc])(_bn)?)_(w|b|s|rm|riv|gamma|beta|running_mean|running_var)$/;

export const isCaffe2 = (name: string): boolean => NAME.test(name);

/** What its parts are called here. */
const PARTS: Readonly<Record<string, string>> = {
  ...{ w: 'weight', s: 'weight', gamma: 'weight', b: 'bias', beta: 'bias' },
  ...{ rm: 'running_mean', running_mean: 'running_mean', riv: 'running_var', running_var: 'running_var' },
};

export function caffe2Name(name: string): string {
  const [, stem, head, stage, block, branch, norm, part] = NAME.exec(name)!;
  const kind = PARTS[part];
  if (head) return `fc.${kind}`;
  if (stem) return `${stem === 'conv1' ? 'conv1' : 'bn1'}.${kind}`;
  const within = `layer${Number(stage) - 1}.${block}.`;
  if (branch === '1') return `${within}downsample.${norm ? 1 : 0}.${kind}`;
  return `${within}${norm ? 'bn' : 'conv'}${'abc'.indexOf(branch[1]) + 1}.${kind}`;
}

/**
 * Gives norms that only scale and shift the statistics that leave a map as it is, in place. A bias of the convolution before,
 * which some files have, is taken off the mean.
 */
export function withStatistics(tensors: Map<string, StoredTensor>): void {
  const norms = [...tensors.keys()].flatMap((name) => /^(.*(?:bn\d|downsample\.1))\.weight$/.exec(name)?.[1] ?? []);
  for (const norm of norms) {
    const [channels] = tensors.get(`${norm}.weight`)!.shape;
    const mean = tensors.get(`${norm}.running_mean`) ?? filledWith(channels, 0);
    const convBias = `${norm.replace(/bn(\d)$/, 'conv$1').replace(/downsample\.1$/, 'downsample.0')}.bias`;
    const bias = tensors.get(convBias);
    tensors.delete(convBias);
    tensors.set(`${norm}.running_mean`, bias ? difference(mean, bias) : mean);
    // As Detectron2's `FrozenBatchNorm2d` fills it in.
    if (!tensors.has(`${norm}.running_var`)) tensors.set(`${norm}.running_var`, filledWith(channels, 1));
  }
}

const difference = (a: StoredTensor, b: StoredTensor): StoredTensor =>
  singles(a.shape, () => {
    const subtrahend = toFloat32(b);
    return toFloat32(a).map((value, i) => value - subtrahend[i]);
  });
