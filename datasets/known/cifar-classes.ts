import { cifar10Names } from '../classification/cifar/cifar-kind.ts';

/** The classes of CIFAR-10, in the data set's order. */
export const cifar10Classes = cifar10Names.map((name) => ({ name }));
