import type { StoredTensor } from '../stored-tensor.ts';
import { type Dialect, type ForeignContents, type Translation, unreadOf } from './dialect.ts';
import { readConfigText } from './mmdetection-config.ts';
import { classesOf, pixelsOf, textOfConfig } from './openmmlab-meta.ts';
import { turnStem } from './pixels.ts';
import { imagenetConfig } from './torchvision.ts';

/** What its networks may have that is not read here. */
const UNREAD = [
  ['a deep stem (ResNetV1c, ResNetV1d)', /^backbone\.stem\./],
  ['squeeze and excitation (SE)', /^backbone\.layer\d\.\d+\.se_layer\./],
] as const;

/** ResNets and ResNeXts of MMPretrain, and of MMClassification before it. */
export const mmpretrain: Dialect = {
  name: 'a ResNet of MMPretrain',
  recognize: (shapes) =>
    shapes.has('head.fc.weight') && shapes.has('backbone.layer1.0.conv1.weight') ? ['head.fc.weight'] : [],
  translate,
  config: imagenetConfig,
};

function translate({ entries, tensors: stored }: ForeignContents): Translation {
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of stored) {
    if (!name.startsWith('data_preprocessor.')) tensors.set(name.replace(/^(backbone|head)\./, ''), tensor);
  }
  const unread = unreadOf([...stored.keys()], UNREAD);
  if (unread) return { tensors, settings: {}, unread };
  const meta = entries.get('meta');
  const pixels = pixelsOf(stored, readConfigText(textOfConfig(meta)));
  turnStem(tensors, 'conv1.weight', pixels);
  const classes = classesOf(meta);
  const categories = classes?.length === tensors.get('fc.weight')?.shape[0] && classes?.map((name) => ({ name }));
  return { tensors, settings: { ...pixels.settings, ...(categories && { categories }) } };
}
