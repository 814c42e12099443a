import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.ts';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Modules of the library that do not need Node. The page runs models with them. */
const SHARED =
  /^\/(errors|datasets\/(box-label|boxes|normalize|palette|resize|transform)|backbone\/(finite-outputs|top-classes)|detection\/(anchors|box-coder|boxes|detector-category|faster-rcnn|image-list|level-mapper|name-detections|nms|postprocess|proposals|top-k))\.js$/;

/** The folder of `onnxruntime-web`, if it is installed. */
function runtimeFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  } catch {
    return undefined;
  }
}

/** The page at `/`: HTML and CSS from the sources, scripts from the build; and the sample images. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
  const samples = folder('../../samples');
  await app.register(fastifyStatic, {
    root: [folder('../../server/page'), folder('./page')],
    allowedPath: (path) => /\.(html|css|svg|js)$/.test(path) || path === '/',
    cacheControl: false,
  });
  await app.register(fastifyStatic, {
    root: samples,
    prefix: '/samples/',
    allowedPath: (path) => path.endsWith('.jpg'),
    decorateReply: false,
  });
  await app.register(async (modules) => {
    modules.addHook('onRequest', async ({ url }) => {
      if (!SHARED.test(url)) throw new Problem('NOT_FOUND', `there is nothing at GET ${url.split('?')[0]}`);
    });
    const roots = ['backbone', 'datasets', 'detection'];
    for (const name of roots) {
      await modules.register(fastifyStatic, { root: folder(`../${name}`), prefix: `/${name}/`, decorateReply: false });
    }
    modules.get('/errors.js', { schema: { hide: true } }, (_, reply) => reply.sendFile('errors.js', folder('..')));
  });
  const runtime = runtimeFolder();
  if (runtime !== undefined) {
    await app.register(fastifyStatic, {
      root: runtime,
      prefix: '/runtime/',
      allowedPath: (path) => /^\/ort[\w.-]*\.(mjs|wasm)$/.test(path),
      decorateReply: false,
      maxAge: '1d',
    });
  }
  app.get('/runtime.json', { schema: { hide: true } }, async () => ({ available: runtime !== undefined }));
  app.get('/samples.json', { schema: { hide: true } }, async () =>
    readdirSync(samples)
      .filter((name) => name.endsWith('.jpg'))
      .sort(),
  );
}
