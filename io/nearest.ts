import { distance } from 'fastest-levenshtein';

/** The known names nearest to `name`: those that start with it or are its start, then by the number of edits. */
export function nearestNames(name: string, known: readonly string[], count: number): string[] {
  const edits = (candidate: string): number => {
    const begins = candidate.startsWith(name) || (candidate.length > 2 && name.startsWith(candidate));
    return begins ? 0.5 : distance(name.toLowerCase(), candidate.toLowerCase());
  };
  return known
    .map((candidate) => ({ candidate, edits: edits(candidate) }))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** The known name nearest to `name`. */
export const nearestName = (name: string, known: readonly string[]): string | undefined =>
  nearestNames(name, known, 1)[0];

/** The known name that `name` may be a misspelling of; undefined where none is alike. */
export function similarName(name: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(name, known);
  if (nearest === undefined || name.length < 3) return undefined;
  const begins = nearest.startsWith(name) || name.startsWith(nearest);
  // A third of the letters may be wrong: `min_size`, `minSizes`, `miniSize`, but not `bogus`.
  const edits = distance(name.toLowerCase(), nearest.toLowerCase());
  return begins || edits <= Math.max(1, Math.floor(nearest.length / 3)) ? nearest : undefined;
}
