import type { ClassificationDataset } from '../../datasets/index.ts';
import { imagenetClasses } from '../../datasets/known/imagenet-classes.ts';
import { ResnetCocoError } from '../../errors.ts';
import { type ClassifierConfig, parseClassifierConfig, preparationOf } from '../classifier-config.ts';
import type { ResNetPlan } from '../resnet-plan.ts';
import type { TrainingSettings } from './settings.ts';

/** The configuration of the trained model, without its provenance. */
export function modelConfig(settings: TrainingSettings, dataset: ClassificationDataset): ClassifierConfig {
  const { architecture, stem, shortcut, stride_on, recipe, resize_size } = settings;
  const config = {
    architecture,
    stem,
    shortcut,
    stride_on,
    num_classes: dataset.classes.length,
    categories: categoriesOf(dataset),
    image_mean: [...recipe.image_mean],
    image_std: [...recipe.image_std],
    resize_size,
    crop_size: recipe.size,
    ...preparationOf(settings),
  };
  return parseClassifierConfig(config, 'training');
}

/** Classes with their names. Folders named by WordNet ids get ImageNet's names. */
function categoriesOf({ classes, wnids }: ClassificationDataset): { readonly name: string; readonly wnid?: string }[] {
  if (!wnids) return classes.map((name) => ({ name }));
  const names = new Map(imagenetClasses.map(({ name, wnid }) => [wnid, name]));
  return wnids.map((wnid, i) => ({ name: names.get(wnid) ?? classes[i], wnid }));
}

/** @throws ResnetCocoError BAD_CONFIG when more stages are to be frozen than the network has */
export function checkFreeze({ architecture, freeze = 0 }: TrainingSettings, { stages }: ResNetPlan): void {
  if (freeze <= stages.length) return;
  const problem = `training: \`freeze\` is ${freeze}, but ${architecture} has ${stages.length} stages`;
  throw new ResnetCocoError('BAD_CONFIG', problem);
}
