import type { StoredTensor } from '../stored-tensor.ts';
import { type Dialect, type ForeignContents, type Translation, unreadOf } from './dialect.ts';
import { classesOf, pixelsOf, textOfConfig } from './mmdetection.ts';
import { readConfigText } from './mmdetection-config.ts';
import { withChannelsReversed } from './tensor-edits.ts';
import { torchvision } from './torchvision.ts';

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
  ...(torchvision.config && { config: torchvision.config }),
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
  const stem = tensors.get('conv1.weight');
  if (stem && pixels.isBgr) tensors.set('conv1.weight', withChannelsReversed(stem));
  const classes = classesOf(meta);
  const categories = classes?.length === tensors.get('fc.weight')?.shape[0] && classes?.map((name) => ({ name }));
  return { tensors, settings: { ...pixels.settings, ...(categories && { categories }) } };
}
