const MOST_LENGTH = 60;

/** A value as a message repeats it, however large it is. */
export function shownValue(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'number') return String(value);
  if (value instanceof URL) return value.href;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const names = Object.keys(value).slice(0, 3).join(', ');
    const { name = 'Object' } = (value.constructor ?? {}) as { readonly name?: string };
    if (name !== 'Object') return `an object of ${name}`;
    return names ? `an object with ${names}`.slice(0, MOST_LENGTH) : 'an empty object';
  }
  // Of a long list the beginning is enough, and a list may lead back to itself.
  const text = Array.isArray(value)
    ? `[${value.slice(0, 8).map(shownItem).join(', ')}${value.length > 8 ? ', …' : ''}]`
    : JSON.stringify(value);
  if (text === undefined) return 'undefined';
  return text.length > MOST_LENGTH ? `${text.slice(0, MOST_LENGTH)}…` : text;
}

const shownItem = (item: unknown): string => (Array.isArray(item) ? '[…]' : shownValue(item));
