/** The layers of a ResNet, in tfjs's types. The room's other exports have declarations without tfjs. */
export { fixedNorm, type Norm, trainingNorm } from './batch-norm.ts';
export { type Parameters, parametersOf } from './parameters.ts';
export { resnetFeatures, resnetLogits, resnetStage } from './resnet.ts';
