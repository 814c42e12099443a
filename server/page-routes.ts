import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The page at `/`: its text and style as they are written, its scripts as they were built; and the sample pictures. */
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
  app.get('/samples.json', { schema: { hide: true } }, async () =>
    readdirSync(samples)
      .filter((name) => name.endsWith('.jpg'))
      .sort(),
  );
}
