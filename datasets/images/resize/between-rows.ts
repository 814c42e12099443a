/** For each row of the result: the two rows of the input around it. */
interface RowPairs {
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/**
 * Visits the rows of a result from top to bottom, each with the two rows around it, resized along their length. Each row
 * of the input is made once: the second of two is often the first of the next two.
 *
 * @param buffers two, for a row each
 * @param make writes row y of the input, resized, into a buffer
 */
export function betweenRows<Row>(
  { first, second }: RowPairs,
  buffers: readonly [Row, Row],
  make: (y: number, into: Row) => void,
  visit: (upper: Row, lower: Row, row: number) => void,
): void {
  let [upper, lower] = buffers;
  let [upperY, lowerY] = [-1, -1];
  for (let row = 0; row < first.length; row++) {
    if (first[row] === lowerY) {
      [upper, lower] = [lower, upper];
      [upperY, lowerY] = [lowerY, upperY];
    }
    if (first[row] !== upperY) {
      upperY = first[row];
      make(upperY, upper);
    }
    if (second[row] !== lowerY) {
      lowerY = second[row];
      make(lowerY, lower);
    }
    visit(upper, lower, row);
  }
}
