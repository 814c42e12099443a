/**
 * Pillow's `Image.blend(from, to, share)`: interpolates two pictures, or extrapolates for a share outside 0–1. Values
 * are truncated, not rounded, and clipped to 0–255.
 */
export function blend(from: Uint8Array, to: Uint8Array, share: number): Uint8Array {
  if (share === 1) return to;
  const alpha = Math.fround(share);
  const out = new Uint8Array(to.length);
  for (let i = 0; i < to.length; i++) {
    // In 32-bit floats, as in Pillow.
    const value = Math.fround(from[i] + Math.fround(alpha * (to[i] - from[i])));
    out[i] = Math.max(0, Math.min(value, 255));
  }
  return out;
}
