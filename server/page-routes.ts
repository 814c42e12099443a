import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The build: what the page imports from the library lies in its rooms. */
const BUILD = folder('..');

/** Modules of the library that the page's scripts import, directly or not, by path from the build: none needs Node. */
function sharedModules(): ReadonlySet<string> {
  const modules = new Set<string>();
  const visit = (file: string): void => {
    for (const [, path] of readFileSync(join(BUILD, file), 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g)) {
      const target = posix.join(posix.dirname(file), path);
      if (modules.has(target)) continue;
      modules.add(target);
      visit(target);
    }
  };
  for (const script of readdirSync(folder('./page'))) if (script.endsWith('.js')) visit(`server/page/${script}`);
  return new Set([...modules].filter((path) => !path.startsWith('server/page/')));
}

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
  for (const path of sharedModules()) {
    app.get(`/${path}`, { schema: { hide: true } }, (_, reply) => reply.sendFile(path, BUILD));
  }
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
