/** The fields of the service's JSON log that a person reads. */
interface Entry {
  readonly level: number;
  readonly time: number;
  readonly msg?: string;
  readonly res?: { readonly statusCode: number; readonly method: string; readonly url: string };
  readonly responseTime?: number;
  readonly err?: { readonly stack?: string };
}

const [WARNING, ERROR] = [40, 50];

/** A line of the service's log for a person; undefined if another line says the same. */
export function requestLine(json: string): string | undefined {
  const { err, level, msg = '', res, responseTime = 0, time } = JSON.parse(json) as Entry;
  if (msg === 'incoming request') return undefined;
  const clock = new Date(time).toTimeString().slice(0, 8);
  if (res) return `${clock} ${res.statusCode} ${res.method} ${res.url} in ${Math.round(responseTime)} ms`;
  const kind = level >= ERROR ? 'error: ' : level >= WARNING ? 'warning: ' : '';
  return `${clock} ${kind}${err?.stack ?? msg}`;
}
