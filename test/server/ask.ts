/** An answer of the service. */
export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON it is
  readonly json: any;
  readonly headers: Headers;
}

export type Body = string | Uint8Array | FormData;

export async function post(url: string, body: Body, headers: Record<string, string> = {}): Promise<Reply> {
  const answer = await fetch(url, { method: 'POST', body, headers });
  return { status: answer.status, json: await answer.json(), headers: answer.headers };
}

/** A form with files, and fields before them. */
export function form(files: Record<string, Uint8Array | string>, fields: Record<string, string> = {}): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  for (const [name, bytes] of Object.entries(files)) data.append('files', new Blob([bytes]), name);
  return data;
}

export const problemOf = ({ json, status }: Reply): string => `${status} ${json.error.code}: ${json.error.message}`;
