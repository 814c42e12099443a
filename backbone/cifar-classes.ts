/** The classes of CIFAR-10, in the data set's order. */
export const cifar10Classes = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
].map((name) => ({ name }));
