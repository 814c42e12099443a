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
