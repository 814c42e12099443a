export { createServer, type Log, type Server } from './create-server.ts';
export type { ServerOptions } from './options.ts';
export type { Answer, ModelRecord } from './served-model.ts';
