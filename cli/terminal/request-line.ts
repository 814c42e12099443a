/** What the service's log tells in a line of JSON, as far as a person wants it. */
interface Entry {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly res?: { readonly statusCode: number; readonly method: string; readonly url: string };
  readonly responseTime?: number;
  readonly err?: { readonly stack?: string };
}

const [WARNING, ERROR] = [40, 50];

/** A line of the service's log as a person reads it; none for what another line tells, too. */
export function requestLine(json: string): string | undefined {
  const { err, level, msg = '', res, responseTime = 0, time } = JSON.parse(json) as Entry;
  if (msg === 'incoming request') return undefined;
  const clock = new Date(time).toTimeString().slice(0, 8);
  if (res) return `${clock} ${res.statusCode} ${res.method} ${res.url} in ${Math.round(responseTime)} ms`;
  const kind = level >= ERROR ? 'error: ' : level >= WARNING ? 'warning: ' : '';
  return `${clock} ${kind}${err?.stack ?? msg}`;
}
