/**
 * Keys that an object of JSON has twice. `JSON.parse` keeps the last value and loses the first without a word, so what
 * is read from files is refused where it has such keys.
 */
import { shortened } from '../../errors.ts';

/** What to say of a key that is there twice. */
export const repeatedKeyProblem = (key: string): string =>
  `has the key ${shortened(JSON.stringify(key), 100)} twice, and one of the two would be lost; remove or rename one`;

/** Settings and COCO's annotations nest some six levels. */
const MAX_DEPTH = 100;

/**
 * What `JSON.parse` would not mind: a key that is there twice, and lists in lists in lists, which exhaust its memory.
 *
 * @throws SyntaxError where a text is not JSON
 */
export function structureProblem(json: string, maxDepth = MAX_DEPTH): string | undefined {
  // The keys so far of each object or list that is open; a list has none.
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '{' || char === '[') {
      if (open.push(new Set()) > maxDepth) return `is nested deeper than ${maxDepth} levels`;
    } else if (char === '}' || char === ']') {
      open.pop();
    } else if (char === '"') {
      const start = i;
      for (i++; i < json.length && json[i] !== '"'; i++) if (json[i] === '\\') i++;
      let next = i + 1;
      while (/\s/.test(json.charAt(next))) next++;
      if (json[next] !== ':') continue;
      const keys = open.at(-1);
      const key = JSON.parse(json.slice(start, i + 1)) as string;
      if (keys?.has(key)) return repeatedKeyProblem(key);
      keys?.add(key);
    }
  }
  return undefined;
}
