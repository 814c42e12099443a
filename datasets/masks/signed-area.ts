/** The area of a polygon, x and y by turns; negative if it goes counterclockwise, y down (the shoelace formula). */
export function signedArea(polygon: readonly number[]): number {
  let twice = 0;
  for (let i = 0, before = polygon.length - 2; i < polygon.length; before = i, i += 2) {
    twice += polygon[before] * polygon[i + 1] - polygon[i] * polygon[before + 1];
  }
  return twice / 2;
}
