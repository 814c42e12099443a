/**
 * A classifier's targets, [N, K]: 1 for the image's class and 0 for the others; smoothed, 1 − s + s / K and s / K
 * (torch's `CrossEntropyLoss(label_smoothing=s)`).
 *
 * @param labels of N images
 * @param classes K
 */
export function targets(labels: Int32Array, classes: number, smoothing = 0): Float32Array {
  const out = new Float32Array(labels.length * classes).fill(smoothing / classes);
  for (const [i, label] of labels.entries()) out[i * classes + label] = 1 - smoothing + smoothing / classes;
  return out;
}
