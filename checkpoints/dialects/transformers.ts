import type { Shapes } from '../shapes.ts';
import type { Dialect } from './dialect.ts';
import { imagenetConfig } from './torchvision.ts';

const TELLING = /^(?:resnet\.)?(?:embedder\.embedder\.|encoder\.stages\.\d+\.layers\.)/;

/** RegNets have the same names; their stem is of 3 × 3. */
const isResNet = (shapes: Shapes): boolean =>
  ['resnet.', ''].some((prefix) => {
    const stem = shapes.get(`${prefix}embedder.embedder.convolution.weight`);
    return stem !== undefined && `${stem.slice(1)}` === '3,7,7';
  });

/** ResNets of Hugging Face's transformers: `ResNetForImageClassification`, and the body of one as `ResNetModel`. */
export const transformers: Dialect = {
  name: "a ResNet of Hugging Face's transformers",
  recognize: (shapes) => (isResNet(shapes) ? [...shapes.keys()].filter((name) => TELLING.test(name)) : []),
  rename: (name) =>
    name
      .replace(/^(?:resnet\.)?embedder\.embedder\.convolution\./, 'conv1.')
      .replace(/^(?:resnet\.)?embedder\.embedder\.normalization\./, 'bn1.')
      .replace(
        /^(?:resnet\.)?encoder\.stages\.(\d+)\.layers\.(\d+)\.(?:layer\.(\d+)|shortcut)\.(convolution|normalization)\./,
        (_, stage, block, layer, kind) => {
          const isConv = kind === 'convolution';
          const place = `layer${Number(stage) + 1}.${block}.`;
          if (layer === undefined) return `${place}downsample.${isConv ? 0 : 1}.`;
          return `${place}${isConv ? 'conv' : 'bn'}${Number(layer) + 1}.`;
        },
      )
      .replace(/^classifier\.1\.(weight|bias)$/, 'fc.$1'),
  firstPart: /^embedder$/,
  config: imagenetConfig,
};
