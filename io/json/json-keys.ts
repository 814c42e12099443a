/**
 * Finds duplicate keys of JSON objects. `JSON.parse` silently keeps the last value and loses the first, so files with
 * such keys are refused.
 */
import { shortened } from '../../errors.ts';

/** The message for a duplicate key. */
export const repeatedKeyProblem = (key: string): string =>
  `has the key ${shortened(JSON.stringify(key), 100)} twice, and one of the two would be lost; remove or rename one`;

/** Settings and COCO's annotations nest some six levels. */
const MAX_DEPTH = 100;

/**
 * Finds what `JSON.parse` accepts and we refuse: a duplicate key, or lists nested so deep that they exhaust memory.
 *
 * @throws SyntaxError when the text is not JSON
 */
export function structureProblem(json: string, maxDepth = MAX_DEPTH): string | undefined {
  // The keys so far of each open object or list; a list has none.
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
