import type { Prediction } from '../../backbone/top-classes.ts';
import type { DetectionRecord } from '../../detection/results/detection-record.ts';

/** Answers of the service, see /openapi.json. */
export interface Classified {
  readonly file: string;
  readonly predictions: readonly Prediction[];
}
export interface Detected {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly detections: readonly DetectionRecord[];
}
export interface Model {
  readonly name: string;
  readonly task: 'classify' | 'detect';
  readonly architecture: string;
  readonly device: string;
  /** For a classifier: side of the network's input, in pixels. */
  readonly input_size?: number;
}

/** The token is missing or wrong. */
export class TokenWanted extends Error {}

let token = '';

export function useToken(text: string): void {
  token = text;
}

async function answer(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = token ? { authorization: `Bearer ${token}` } : undefined;
  const reply = await fetch(path, headers ? { ...init, headers } : init).catch(() => {
    throw new Error('The service does not answer. Is it still running?');
  });
  if (reply.status === 401) throw new TokenWanted('This service needs its token.');
  if (reply.ok) return reply;
  const body = (await reply.json()) as { readonly error?: { readonly message: string } };
  throw new Error(sentence(body.error?.message ?? `The service answered ${reply.status}.`));
}

const ask = async (path: string, init: RequestInit = {}): Promise<unknown> => (await answer(path, init)).json();

export const fetchBytes = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await answer(path)).arrayBuffer());

const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

export const models = async (): Promise<readonly Model[]> => (await ask('v1/models')) as Model[];

/** A category of a detector. */
export interface Category {
  readonly id: number;
  readonly name: string;
  readonly label?: number;
  /** Names of its joints. */
  readonly keypoints?: readonly string[];
  /** Which joints a line connects, from 1 on. */
  readonly skeleton?: readonly (readonly number[])[];
}

/** A model with its configuration, as the browser needs it to run the model. */
export interface ModelDetails extends Model {
  readonly config: Readonly<Record<string, unknown>> & {
    readonly image_mean: readonly number[];
    readonly image_std: readonly number[];
    readonly categories?: readonly Category[];
  };
}

export const modelDetails = async (name: string): Promise<ModelDetails> =>
  (await ask(`v1/models/${encodeURIComponent(name)}`)) as ModelDetails;

/** Whether this service has the runtime for browsers. */
export const hasRuntime = async (): Promise<boolean> =>
  ((await ask('runtime.json')) as { readonly available: boolean }).available;

export const samples = async (): Promise<readonly string[]> => (await ask('samples.json')) as string[];

/** Detections of nearly any score; the page filters them. */
export async function detect(picture: File, model: string, score: number, signal: AbortSignal): Promise<Detected> {
  return ((await send('detect', picture, { model, score: String(score) }, signal)) as [Detected])[0];
}

export async function classify(picture: File, model: string, signal: AbortSignal): Promise<Classified> {
  return ((await send('classify', picture, { model, top: '5' }, signal)) as [Classified])[0];
}

async function send(
  task: string,
  picture: File,
  fields: Record<string, string>,
  signal: AbortSignal,
): Promise<unknown> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append('files', picture, picture.name);
  return await ask(`v1/${task}`, { method: 'POST', body, signal });
}
