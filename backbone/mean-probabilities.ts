/**
 * The logarithm of the mean probabilities of several crops of an image: logits whose softmax is that mean.
 *
 * @param logits of the crops, one after another
 */
export function meanProbabilities(logits: Float32Array, classes: number): Float32Array {
  const crops = logits.length / classes;
  const sums = new Float64Array(classes);
  for (let crop = 0; crop < crops; crop++) {
    const own = logits.subarray(crop * classes, (crop + 1) * classes);
    const greatest = own.reduce((a, b) => Math.max(a, b));
    const powers = Float64Array.from(own, (logit) => Math.exp(logit - greatest));
    const sum = powers.reduce((a, b) => a + b);
    for (let k = 0; k < classes; k++) sums[k] += powers[k] / sum;
  }
  // A probability of zero would have no logarithm.
  return Float32Array.from(sums, (sum) => Math.log(Math.max(sum / crops, Number.MIN_VALUE)));
}
