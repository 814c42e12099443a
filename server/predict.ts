import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DetectorConfig } from '../detection/index.ts';
import type { ResnetCocoError } from '../errors.ts';
import { QueueFull } from './batcher.ts';
import { checkEncoding, checkLength } from './body.ts';
import { checkFilters, detectParameterNames, detectParameters } from './detect-parameters.ts';
import type { Metrics } from './metrics.ts';
import { numberOf } from './number-parameter.ts';
import type { ServerSettings } from './options.ts';
import { bodyLimit, checkPictures, isPictureItself, type Picture, receive } from './pictures.ts';
import { cut, echoed, Problem, problemOf } from './problem.ts';
import type { Answer, AnswerOptions, ServedModel, Task } from './served-model.ts';
import type { Uploads } from './uploads.ts';

/** Seconds after which a refused client may try again. */
const RETRY_AFTER = 1;

/** An image that could not be read, beside others that could. */
interface Failed {
  readonly file: string;
  readonly error: string;
}

/**
 * The handler of `POST /v1/classify` or `/v1/detect`: reads the images, checks their headers, asks the model. Stops if
 * the client has gone.
 */
export function predict(
  task: Task,
  models: readonly ServedModel[],
  uploads: Uploads,
  settings: ServerSettings,
  metrics: Metrics,
) {
  const able = models.filter(({ record }) => record.task === task);
  return async (request: FastifyRequest, reply: FastifyReply): Promise<readonly (Answer | Failed)[]> => {
    const deadline = deadlineOf(request, reply, settings.timeoutSeconds);
    const { signal } = deadline;
    let upload: ReturnType<Uploads['admit']> | undefined;
    try {
      // Refuse before admission what the headers already rule out, or what no model has room for.
      checkEncoding(request);
      checkLength(request, bodyLimit(request, settings));
      const parameters = request.query as Readonly<Record<string, unknown>>;
      checkNames(task, parameters, 'query', isPictureItself(request) ? ['file'] : []);
      if (able.length && able.every(({ queue }) => queue.isFull)) throw new QueueFull();
      upload = uploads.admit(request, () =>
        deadline.abort(new Problem('TOO_BUSY', 'the body arrived too slowly while others waited', RETRY_AFTER)),
      );
      const { fields, pictures } = await whileWaiting(receive(request, settings), signal);
      upload.received();
      checkNames(task, fields, 'fields');
      const twice = Object.keys(fields).find((name) => Object.hasOwn(parameters, name));
      if (twice !== undefined) throw new Problem('BAD_REQUEST', `${twice} is in the query and in the body; give one`);
      const values = { ...parameters, ...fields };
      const model = chooseModel(task, able, values);
      return await answers(model, pictures, answerOptions(model, values), signal, settings, metrics);
    } catch (error) {
      if (!(error instanceof QueueFull)) throw error;
      throw new Problem('TOO_BUSY', 'too many requests are waiting; try again later', RETRY_AFTER);
    } finally {
      // The rest of a refused body is discarded as it arrives, and takes no memory.
      upload?.leave();
    }
  };
}

async function answers(
  model: ServedModel,
  pictures: readonly Picture[],
  options: AnswerOptions,
  signal: AbortSignal,
  settings: ServerSettings,
  metrics: Metrics,
): Promise<readonly (Answer | Failed)[]> {
  const { name } = model.record;
  const checked = await checkPictures(pictures, settings);
  const accepted = checked.filter((picture) => 'work' in picture);
  let settled: PromiseSettledResult<Answer>[];
  try {
    settled = accepted.length ? await model.answer(accepted, options, signal) : [];
  } catch (error) {
    for (const _ of pictures) metrics.picture(name, error instanceof QueueFull ? 'refused' : 'dropped');
    throw error;
  }
  let problem: Problem | undefined;
  const results = pictures.map((picture, i): Answer | Failed => {
    const refusal = checked[i];
    const result: PromiseSettledResult<Answer> =
      refusal instanceof Problem ? { status: 'rejected', reason: refusal } : settled.shift()!;
    metrics.picture(name, result.status === 'fulfilled' ? 'answered' : 'broken');
    if (result.status === 'fulfilled') return result.value;
    problem = problemOf(named(result.reason, picture));
    // A fault of the service fails the whole request.
    if (problem.status >= 500) throw result.reason;
    return { file: picture.file, error: problem.message };
  });
  if (results.every((result) => 'error' in result)) throw problem!;
  return results;
}

/** Names the client's file in a decoder's error, which knows only bytes in memory. */
function named(error: unknown, { file }: Picture): unknown {
  const { code, message } = error as ResnetCocoError;
  if (code !== 'BAD_IMAGE') return error;
  return new Problem('BAD_IMAGE', `${file}: ${message.replace(/^image of \d+ bytes in memory: /, '')}`);
}

/** A controller that aborts when the client has gone or the time is over. */
function deadlineOf(request: FastifyRequest, reply: FastifyReply, seconds: number): AbortController {
  const gone = new AbortController();
  const timer = setTimeout(
    () =>
      gone.abort(
        request.raw.complete
          ? new Problem('TIMEOUT', `no answer within ${seconds} s; try again later`, RETRY_AFTER)
          : new Problem('REQUEST_TIMEOUT', `the body did not arrive within ${seconds} s`),
      ),
    1000 * seconds,
  );
  reply.raw.once('close', () => {
    clearTimeout(timer);
    if (!reply.raw.writableFinished) gone.abort(new Problem('BAD_REQUEST', 'the caller has gone'));
  });
  // The client may have gone before this listener was added.
  if (request.raw.destroyed && !request.raw.complete) gone.abort(new Problem('BAD_REQUEST', 'the caller has gone'));
  return gone;
}

/** The result of `work`, unless the signal aborts first. */
function whileWaiting<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** The parameters of each task. */
const NAMES = { classify: ['model', 'top'], detect: ['model', 'score', ...detectParameterNames] } as const;

/**
 * Refuses unknown parameters, so that a misspelled one is noticed.
 *
 * @throws BAD_REQUEST when a parameter is unknown
 */
function checkNames(
  task: Task,
  values: Readonly<Record<string, unknown>>,
  where: 'query' | 'fields',
  others: readonly string[] = [],
): void {
  const names: readonly string[] = [...NAMES[task], ...others];
  const unknown = Object.keys(values).filter((name) => !names.includes(name));
  if (!unknown.length) return;
  const few = unknown.slice(0, 5).map(echoed).join(', ');
  const list = unknown.length > 5 ? `${few} and ${unknown.length - 5} more` : few;
  const place = where === 'query' ? 'in the query' : 'beside the images';
  throw new Problem('BAD_REQUEST', `${list}: not known ${place} of /v1/${task}, which takes ${names.join(', ')}`);
}

function chooseModel(task: Task, able: readonly ServedModel[], { model: name }: { model?: unknown }): ServedModel {
  if (name !== undefined && typeof name !== 'string')
    throw new Problem('BAD_REQUEST', `model must be a name from /v1/models, not ${echoed(name)}`);
  const model = name === undefined || name === '' ? able[0] : able.find(({ record }) => record.name === name);
  if (model) return model;
  const names = able.map(({ record }) => record.name).join(', ');
  const verb = task === 'classify' ? 'classifies' : 'detects';
  throw new Problem(
    'NOT_FOUND',
    `no model${name ? ` called ${cut(name)}` : ''} here ${verb}; there is ${names || 'none'}`,
  );
}

function answerOptions(
  { config, record: { task } }: ServedModel,
  values: Readonly<Record<string, unknown>>,
): AnswerOptions {
  if (task === 'classify') return { top: numberOf('top', values.top, 1, 10_000, true) ?? 5 };
  const detection = detectParameters(values);
  checkFilters(detection, config as DetectorConfig);
  return { top: 0, score: numberOf('score', values.score, 0, 1, false), detection };
}
