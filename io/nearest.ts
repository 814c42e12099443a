import { distance } from 'fastest-levenshtein';

/** The known name nearest to `name`: one that starts with it or is its start, else the one with the fewest edits. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const edits = (candidate: string): number => {
    const begins = candidate.startsWith(name) || (candidate.length > 2 && name.startsWith(candidate));
    return begins ? 0.5 : distance(name.toLowerCase(), candidate.toLowerCase());
  };
  let best: string | undefined;
  for (const candidate of known) if (best === undefined || edits(candidate) < edits(best)) best = candidate;
  return best;
}

/** The known name that `name` may be a misspelling of; undefined where none is alike. */
export function similarName(name: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(name, known);
  if (nearest === undefined || name.length < 3) return undefined;
  const begins = nearest.startsWith(name) || name.startsWith(nearest);
  // A third of the letters may be wrong: `min_size`, `minSizes`, `miniSize`, but not `bogus`.
  const edits = distance(name.toLowerCase(), nearest.toLowerCase());
  return begins || edits <= Math.max(1, Math.floor(nearest.length / 3)) ? nearest : undefined;
}
