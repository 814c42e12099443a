import type { PublishedMetric } from './published-metric.ts';

/** A published result on ImageNet's validation set, at one size of the input. */
export interface HubMetric extends PublishedMetric {
  /** The side of the network's input, in pixels. */
  readonly image_size: number;
}

/** Weights on the Hugging Face hub that load as they are, and are worth knowing. */
export interface HubModel {
  /** What to write where a model is named. */
  readonly name: string;
  readonly task: 'classification';
  /** The number of trainable parameters. */
  readonly parameters: number;
  /** The first is of the size that the weights' own configuration sets. */
  readonly metric: readonly HubMetric[];
  readonly license: string;
}

type Accuracy = readonly [imageSize: number, top1: number, top5: number];

const record = (name: string, parameters: number, license: string, accuracies: readonly Accuracy[]): HubModel => ({
  name: `hf:${name}`,
  task: 'classification',
  parameters,
  metric: accuracies.flatMap(([image_size, top1, top5]) => [
    { dataset: 'ImageNet-1K', name: 'acc@1', value: top1, image_size },
    { dataset: 'ImageNet-1K', name: 'acc@5', value: top5, image_size },
  ]),
  license: `${license}; the terms of ImageNet, which they were trained on, may apply`,
});

/** Weights of timm. Accuracies are those of its `results/results-imagenet.csv`. */
const timm = (name: string, parameters: number, ...accuracies: readonly Accuracy[]): HubModel =>
  record(`timm/${name}`, parameters, 'Apache-2.0', accuracies);

/** Weights of transformers' examples, published without an accuracy. */
const microsoft = (depth: number, parameters: number): HubModel =>
  record(`microsoft/resnet-${depth}`, parameters, 'Apache-2.0', []);

/** Recommended weights, by their family. */
export const hubModels: readonly HubModel[] = [
  timm('resnet18.a1_in1k', 11_689_512, [224, 71.504, 90.086], [288, 73.164, 91.054]),
  timm('resnet34.a1_in1k', 21_797_672, [224, 76.42, 92.896], [288, 77.93, 93.758]),
  timm('resnet50.a1_in1k', 25_557_032, [224, 80.382, 94.598], [288, 81.24, 95.112]),
  timm('resnet101.a1h_in1k', 44_549_160, [224, 81.95, 95.76], [288, 82.796, 96.324]),
  timm('resnet152.a1h_in1k', 60_192_808, [224, 82.818, 96.124], [288, 83.494, 96.522]),
  timm('resnet18d.ra2_in1k', 11_708_744, [224, 72.296, 90.682], [288, 73.79, 91.834]),
  timm('resnet34d.ra2_in1k', 21_816_904, [224, 77.108, 93.372], [288, 78.44, 94.348]),
  timm('resnet50d.a1_in1k', 25_576_264, [224, 80.73, 94.678], [288, 81.466, 95.218]),
  timm('resnet101d.ra2_in1k', 44_568_392, [256, 82.254, 96.07], [320, 83.02, 96.456]),
  timm('resnet152d.ra2_in1k', 60_212_040, [256, 83.16, 96.37], [320, 83.684, 96.75]),
  timm('resnet200d.ra2_in1k', 64_693_064, [256, 83.25, 96.552], [320, 83.976, 96.82]),
  timm('resnext50_32x4d.a1h_in1k', 25_028_904, [224, 81.14, 95.32], [288, 82.016, 95.934]),
  timm('resnext101_64x4d.c1_in1k', 83_455_272, [224, 82.446, 95.92], [288, 83.158, 96.37]),
  timm('wide_resnet50_2.racm_in1k', 68_883_240, [224, 81.466, 95.544], [288, 82.26, 96.062]),
  timm('seresnet50.ra2_in1k', 28_088_024, [224, 80.26, 95.068], [288, 81.288, 95.652]),
  timm('seresnet152d.ra2_in1k', 66_841_080, [256, 83.702, 96.794], [320, 84.344, 97.044]),
  timm('ecaresnet50d.miil_in1k', 25_576_350, [224, 80.634, 95.31], [288, 81.648, 95.884]),
  timm('ecaresnet50t.ra2_in1k', 25_573_814, [256, 81.45, 95.678], [320, 82.37, 96.12]),
  timm('ecaresnet101d.miil_in1k', 44_568_563, [224, 82.18, 96.062], [288, 83.006, 96.524]),
  microsoft(18, 11_689_512),
  microsoft(26, 15_995_176),
  microsoft(34, 21_797_672),
  microsoft(50, 25_557_032),
  microsoft(101, 44_549_160),
  microsoft(152, 60_192_808),
];
