import type { Random } from '../../io/random.ts';

/** Images that stay together, as labels and the number of images with each. */
export type Unit = ReadonlyMap<number, number>;

/** A part must have each label within this many images of its share. */
const NEAR = 1;
/** Proposals to exchange units, for each unit and in all. They are counted, not timed: every machine makes the same. */
const PROPOSALS = { perUnit: 60, least: 40_000, most: 3_000_000 };
/** How much worse an exchange may be at first, in squared images. It falls to 0. */
const TOLERANCE = 2;
/** How often a unit with a wanted property is looked for. */
const DRAWS = 8;

/**
 * Divides units into parts so that each label has its share of images in each part. Iterative stratification
 * (Sechidis, Tsoumakas and Vlahavas 2011) places the rarest labels first; then units are moved and exchanged until each
 * count is within one image of its share (threshold accepting, Dueck and Scheuer 1990). It uses only +, −, × and
 * comparisons, so every machine divides alike.
 *
 * @param fractions of the parts, which sum to 1
 * @returns the part of each unit
 */
export function stratify(units: readonly Unit[], fractions: readonly number[], random: Random): Int32Array {
  const counts = new Counts(units, fractions);
  placeAll(units, counts, random);
  fillEmpty(units, counts);
  if (fractions.length > 1 && units.length > fractions.length) improve(units, counts, random);
  return counts.parts;
}

/** The images of each label in each part, against what is wanted. */
class Counts {
  readonly parts: Int32Array;
  readonly labels: readonly number[];
  readonly size: number;
  /** Units of each part. */
  readonly units: Int32Array;
  readonly #wanted = new Map<number, Float64Array>();
  readonly #there = new Map<number, Float64Array>();

  constructor(units: readonly Unit[], fractions: readonly number[]) {
    this.size = fractions.length;
    this.parts = new Int32Array(units.length).fill(-1);
    this.units = new Int32Array(fractions.length);
    const totals = new Map<number, number>();
    for (const unit of units) for (const [label, count] of unit) totals.set(label, (totals.get(label) ?? 0) + count);
    this.labels = [...totals.keys()].sort((a, b) => a - b);
    for (const [label, total] of totals) {
      this.#wanted.set(
        label,
        Float64Array.from(fractions, (fraction) => fraction * total),
      );
      this.#there.set(label, new Float64Array(fractions.length));
    }
  }

  /** How many images too many a part has of a label; negative if too few. */
  excess(label: number, part: number): number {
    return this.#there.get(label)![part] - this.#wanted.get(label)![part];
  }

  put(index: number, unit: Unit, part: number): void {
    const before = this.parts[index];
    this.parts[index] = part;
    this.units[part]++;
    if (before >= 0) this.units[before]--;
    for (const [label, count] of unit) {
      const there = this.#there.get(label)!;
      there[part] += count;
      if (before >= 0) there[before] -= count;
    }
  }

  /** How much the cost grows if `from` loses the unit `out` to `to`, and gets `back` from there. */
  change(out: Unit, back: Unit | undefined, from: number, to: number): number {
    let change = 0;
    const add = (label: number, moved: number): void => {
      if (moved === 0) return;
      const [here, there] = [this.excess(label, from), this.excess(label, to)];
      change += costOf(here - moved) - costOf(here) + costOf(there + moved) - costOf(there);
    };
    for (const [label, count] of out) add(label, count - (back?.get(label) ?? 0));
    if (back) for (const [label, count] of back) if (!out.has(label)) add(label, -count);
    return change;
  }

  /** Labels and parts that are further from their share than they may be. */
  faults(): [label: number, part: number][] {
    return this.labels.flatMap((label) =>
      Array.from({ length: this.size }, (_, part): [number, number] => [label, part]).filter(([, part]) =>
        isFar(this.excess(label, part)),
      ),
    );
  }
}

const isFar = (excess: number): boolean => Math.abs(excess) > NEAR + 1e-9;

/** Beyond one image from the share, a deviation costs far more than any within. */
function costOf(excess: number): number {
  const beyond = Math.abs(excess) - NEAR;
  return excess * excess + (beyond > 0 ? 1000 * beyond : 0);
}

/** Iterative stratification: the units of the label that fewest units are left with go where most of it are wanted. */
function placeAll(units: readonly Unit[], counts: Counts, random: Random): void {
  const order = [...random.permutation(units.length)];
  // Large groups first: they fit only while much is wanted.
  const sizes = units.map((unit) => Math.max(0, ...unit.values()));
  order.sort((a, b) => sizes[b] - sizes[a]);
  const holders = new Map<number, number[]>(counts.labels.map((label) => [label, []]));
  const left = new Map<number, number>(counts.labels.map((label) => [label, 0]));
  for (const index of order)
    for (const label of units[index].keys()) {
      holders.get(label)!.push(index);
      left.set(label, left.get(label)! + 1);
    }
  const place = (index: number, label: number | undefined): void => {
    const lacks = (part: number): number => (label === undefined ? 0 : -counts.excess(label, part));
    const room = (part: number): number =>
      -[...units[index].keys()].reduce((sum, of) => sum + counts.excess(of, part), 0);
    let best = 0;
    for (let part = 1; part < counts.size; part++) {
      const lead = lacks(part) - lacks(best) || room(part) - room(best);
      if (lead > 0) best = part;
    }
    counts.put(index, units[index], best);
    for (const of of units[index].keys()) left.set(of, left.get(of)! - 1);
  };
  for (;;) {
    let rarest: number | undefined;
    for (const [label, count] of left)
      if (count > 0 && (rarest === undefined || count < left.get(rarest)!)) rarest = label;
    if (rarest === undefined) break;
    for (const index of holders.get(rarest)!) if (counts.parts[index] < 0) place(index, rarest);
  }
  for (const index of order) if (counts.parts[index] < 0) place(index, undefined);
}

/** No part stays empty while there are enough units. */
function fillEmpty(units: readonly Unit[], counts: Counts): void {
  for (let part = 0; part < counts.size; part++) {
    if (counts.units[part] > 0) continue;
    const donors = units.flatMap((_, index) => (counts.units[counts.parts[index]] > 1 ? [index] : []));
    if (!donors.length) return;
    const costs = donors.map((index) => counts.change(units[index], undefined, counts.parts[index], part));
    const best = costs.indexOf(costs.reduce((least, cost) => Math.min(least, cost)));
    counts.put(donors[best], units[donors[best]], part);
  }
}

/** Moves and exchanges units, and keeps the best division. */
function improve(units: readonly Unit[], counts: Counts, random: Random): void {
  const { labels, parts, size } = counts;
  const holders = new Map<number, number[]>(labels.map((label) => [label, []]));
  for (const [index, unit] of units.entries()) for (const label of unit.keys()) holders.get(label)!.push(index);
  const proposals = Math.min(PROPOSALS.most, Math.max(PROPOSALS.least, PROPOSALS.perUnit * units.length));
  let faults = counts.faults();
  let [cost, least] = [0, 0];
  /** What was moved since the best division, and from where. */
  let moves: [index: number, from: number][] = [];
  for (let i = 0; i < proposals && faults.length; i++) {
    if (i % 64 === 0) faults = counts.faults();
    if (!faults.length) break;
    const [label, part] = faults[random.integer(faults.length)];
    const over = counts.excess(label, part) > 0;
    const other = (part + 1 + random.integer(size - 1)) % size;
    const [from, to] = over ? [part, other] : [other, part];
    const out = draw(holders.get(label)!, (index) => parts[index] === from, random);
    if (out === undefined) continue;
    const swap = random.integer(3) > 0;
    const back = swap ? draw(units, (index) => parts[index] === to && !units[index].has(label), random) : undefined;
    if (swap ? back === undefined : counts.units[from] < 2) continue;
    const change = counts.change(units[out], back === undefined ? undefined : units[back], from, to);
    const tolerance = TOLERANCE * (1 - i / proposals);
    if (change > tolerance) continue;
    counts.put(out, units[out], to);
    if (back !== undefined) counts.put(back, units[back], from);
    cost += change;
    moves.push([out, from], ...(back === undefined ? [] : [[back, to] satisfies [number, number]]));
    if (cost < least - 1e-9) {
      least = cost;
      moves = [];
    }
  }
  for (const [index, part] of moves.reverse()) counts.put(index, units[index], part);
}

/** Draws one of the indices, or of the places of a list of units, that fit; undefined when none was met. */
function draw(
  from: readonly number[] | readonly Unit[],
  fits: (index: number) => boolean,
  random: Random,
): number | undefined {
  for (let i = 0; i < DRAWS; i++) {
    const at = random.integer(from.length);
    const entry = from[at];
    const index = typeof entry === 'number' ? entry : at;
    if (fits(index)) return index;
  }
  return undefined;
}
