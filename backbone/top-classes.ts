/** One class that an image may show. */
export interface Prediction {
  readonly index: number;
  readonly label: string;
  /** WordNet's id of the class, for ImageNet models. */
  readonly wnid?: string;
  readonly probability: number;
}

type Categories = readonly { readonly name: string; readonly wnid?: string | undefined }[];

/** The classes with the highest softmax of an image's logits, most probable first. */
export function topClasses(logits: Float32Array, top: number, categories: Categories = []): Prediction[] {
  const greatest = Math.max(...logits);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - greatest));
  const sum = powers.reduce((a, b) => a + b, 0);
  const order = Array.from(powers.keys()).sort((a, b) => powers[b] - powers[a] || a - b);
  return order.slice(0, top).map((index) => {
    const { name = `class ${index}`, wnid } = categories[index] ?? {};
    const probability = powers[index] / sum;
    return wnid === undefined ? { index, label: name, probability } : { index, label: name, wnid, probability };
  });
}
