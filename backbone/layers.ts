/** What a ResNet is made of, in tfjs's types: apart from the room's other exports, whose declarations need no tfjs. */
export { fixedNorm, type Norm, trainingNorm } from './batch-norm.ts';
export { type Parameters, parametersOf } from './parameters.ts';
export { resnetFeatures, resnetLogits } from './resnet.ts';
