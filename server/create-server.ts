import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ResnetCocoError } from '../errors.ts';
import { hostGuard, plainHost, tokenGuard } from './access.ts';
import { Decoding } from './decoding.ts';
import { drain, isDraining, watchRequests } from './drain.ts';
import { Metrics } from './metrics.ts';
import { modelRoutes } from './model-routes.ts';
import { type ServerOptions, type ServerSettings, serverSettings } from './options.ts';
import { pageRoutes } from './page-routes.ts';
import { predict } from './predict.ts';
import { Problem } from './problem.ts';
import { refuseUnclearHosts, refuseUnreadable, refuseUnrouted } from './refusals.ts';
import { restWhenIdle } from './rest.ts';
import { plainSchema, predictSchema } from './schemas.ts';
import { sendProblem } from './send-problem.ts';
import { ServedModel } from './served-model.ts';
import { servedNames } from './served-names.ts';
import { Uploads } from './uploads.ts';

/** A service that is ready to listen. */
export interface Server {
  /** The Fastify application, for routes and plugins of your own (before `listen`) and for `inject` in tests. */
  readonly app: FastifyInstance;
  readonly models: readonly ServedModel[];
  /**
   * @returns the address, such as `http://127.0.0.1:8080`
   * @throws USAGE when the address is taken or cannot be used
   */
  listen(address: { readonly host?: string; readonly port: number }): Promise<string>;
  /** Stops taking requests, answers the accepted ones within the grace period, and frees the models. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The log of the service. It never contains images. */
export interface Log {
  write(line: string): void;
}

/**
 * Creates a service that classifies and detects over HTTP. Its models are loaded when this resolves.
 *
 * @param log receives lines of JSON, one per request; by default there is no log
 * @throws USAGE when an option is unknown; BAD_CONFIG when one is missing or invalid; also whatever loading a model
 *   throws
 */
export async function createServer(options: ServerOptions, log?: Log): Promise<Server> {
  const settings = serverSettings(options);
  const metrics = new Metrics();
  const models: ServedModel[] = [];
  const app = application(settings, log);
  /** Host names under which the service answers. */
  const hosts = new Set(settings.allowHosts);
  const decoding = new Decoding(settings.maxPixels);
  const dispose = async () => {
    await decoding.close();
    for (const model of models) await model.dispose();
  };
  try {
    const names = servedNames(settings.models);
    for (const [i, nameOrPath] of settings.models.entries()) {
      models.push(
        await ServedModel.load(
          nameOrPath,
          names[i],
          settings,
          decoding,
          (model, items) => metrics.batch(model, items),
          (note) => app.log.warn(note),
        ),
      );
    }
    const uploads = new Uploads(settings);
    metrics.watch(models, uploads);
    await addRoutes(app, settings, models, uploads, metrics, hosts);
    const close = async () => {
      await drain(app, 1000 * settings.graceSeconds);
      await dispose();
    };
    return {
      app,
      models,
      listen: ({ host = '127.0.0.1', port }) => {
        hosts.add(plainHost(host));
        return listen(app, host, port);
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why =
      code === 'EADDRINUSE'
        ? 'is taken by another program; choose another `port`'
        : `cannot be listened on: ${message}`;
    throw new ResnetCocoError('USAGE', `${host}:${port} ${why}`, { cause });
  }
}

/** The application without its routes. */
function application(settings: ServerSettings, log: Log | undefined): FastifyInstance {
  const app = Fastify({
    logger: log
      ? { stream: { write: (line: string) => log.write(line) }, serializers: { req: described, res: answered } }
      : false,
    bodyLimit: settings.maxBytes,
    // Bodies are timed while they are read; this limit is for requests that never get there.
    requestTimeout: 1000 * settings.timeoutSeconds + 2000,
    keepAliveTimeout: 5000,
    http: { connectionsCheckingInterval: 1000, headersTimeout: 10_000, requireHostHeader: false },
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: sendProblem,
    return503OnClosing: false,
  });
  // The routes read and check the bodies; schemas are only for the documentation.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(sendProblem);
  refuseUnrouted(app);
  // Fastify must not read the body: the routes do.
  app.removeContentTypeParser(['application/json', 'text/plain']);
  for (const type of [/^image\//, 'application/octet-stream', 'application/json']) {
    app.addContentTypeParser(type, (_request, _body, done) => done(null));
  }
  return app;
}

async function addRoutes(
  app: FastifyInstance,
  settings: ServerSettings,
  models: readonly ServedModel[],
  uploads: Uploads,
  metrics: Metrics,
  hosts: ReadonlySet<string>,
): Promise<void> {
  watchRequests(app);
  restWhenIdle(app);
  refuseUnclearHosts(app);
  if (settings.token === undefined)
    app.addHook(
      'onRequest',
      hostGuard((name) => hosts.has(name)),
    );
  app.addHook('onResponse', async ({ method, routeOptions }, reply) => {
    metrics.request(routeOptions.url ?? 'none', method, reply.statusCode, reply.elapsedTime / 1000);
  });
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    // Threads of WebAssembly need a cross-origin isolated page.
    crossOriginEmbedderPolicy: true,
    hsts: false,
  });
  if (settings.cors.length)
    await app.register(cors, { origin: settings.cors.includes('*') ? '*' : [...settings.cors] });
  await app.register(multipart, {
    // An image may come without a file name.
    isPartAFile: (_, type, name) =>
      name !== undefined || type === 'application/octet-stream' || /^image\//i.test(type ?? ''),
    limits: {
      fileSize: settings.maxBytes,
      files: settings.maxFiles + 1,
      fields: 16,
      fieldSize: 1000,
      parts: settings.maxFiles + 17,
    },
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'resnet-coco', version: '1', description: 'Classifies images and detects objects in them.' },
      ...(settings.token === undefined
        ? {}
        : {
            components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
            security: [{ token: [] }],
          }),
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: false });
  await app.register(async (api) => {
    if (settings.token !== undefined) api.addHook('onRequest', tokenGuard(settings.token));
    for (const task of ['classify', 'detect'] as const) {
      api.post(`/v1/${task}`, { schema: predictSchema(task) }, predict(task, models, uploads, settings, metrics));
    }
    modelRoutes(api, models);
    api.get('/metrics', { schema: plainSchema('What was counted, for Prometheus') }, async (_, reply) => {
      return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    });
  });
  app.get('/healthz', { schema: plainSchema('Whether the service runs') }, async () => ({ status: 'ok' }));
  app.get('/readyz', { schema: plainSchema('Whether the service can take a request') }, async () => {
    if (isDraining(app)) throw new Problem('TOO_BUSY', 'the service is ending; ask another instance', 1);
    const full = models.filter(({ queue }) => queue.isFull).map(({ record }) => record.name);
    if (full.length) throw new Problem('TOO_BUSY', `the queue of ${full.join(', ')} is full`, 1);
    if (uploads.isFull) throw new Problem('TOO_BUSY', 'too many request bodies are arriving or in memory', 1);
    return { status: 'ready' };
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await pageRoutes(app);
}

/** Only the service's own resources. The page runs models in WebAssembly, and shows images that it has in memory. */
const POLICY = {
  'default-src': ["'self'"],
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'blob:', 'data:'],
  'worker-src': ["'self'", 'blob:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
  'form-action': ["'self'"],
};

/** A request in the log: never its body or its query, which might hold secrets. */
const described = ({ id, method, url }: FastifyRequest) => ({ id, method, url: url.split('?')[0] });

/** The response in the log, with method and path, so that the line stands alone. */
const answered = ({ raw, statusCode }: Partial<Pick<FastifyReply, 'raw' | 'statusCode'>>) => {
  const { method = '', url = '' } = raw?.req ?? {};
  return { statusCode: statusCode ?? 0, method, url: url.split('?')[0] };
};
