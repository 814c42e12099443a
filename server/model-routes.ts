import type { FastifyInstance } from 'fastify';
import { exportModel } from '../detection/index.ts';
import { cut, Problem } from './problem.ts';
import { graphSchema, modelSchema, modelsSchema } from './schemas.ts';
import type { ServedModel } from './served-model.ts';

/** `proposals, boxes and masks`. */
const inWords = new Intl.ListFormat('en-GB');

/** Lists the models, and serves their configurations and ONNX graphs, with which they run elsewhere. */
export function modelRoutes(app: FastifyInstance, models: readonly ServedModel[]): void {
  const find = ({ params }: { readonly params: unknown }): ServedModel => {
    const { name } = params as { readonly name: string };
    const model = models.find(({ record }) => record.name === name);
    if (model) return model;
    throw new Problem('NOT_FOUND', `no model here is called ${cut(name)}; /v1/models lists them`);
  };
  // Exported at the first request and cached.
  const exported = new Map<ServedModel, ReturnType<typeof exportModel>>();
  app.get('/v1/models', { schema: modelsSchema }, async () => models.map(({ record }) => record));
  app.get('/v1/models/:name', { schema: modelSchema }, async (request) => {
    const { config, record } = find(request);
    return { ...record, config };
  });
  app.get('/v1/models/:name/:part.onnx', { schema: graphSchema }, async (request, reply) => {
    const model = find(request);
    const { part } = request.params as { readonly part: string };
    if (!exported.has(model)) exported.set(model, exportModel(model.source));
    const graphs = await exported.get(model)!.catch((error: unknown) => {
      exported.delete(model);
      throw error;
    });
    const graph = graphs.find((one) => (one.part || 'model') === part);
    if (!graph) {
      const parts = inWords.format(graphs.map((one) => one.part || 'model'));
      throw new Problem('NOT_FOUND', `${model.record.name} has no part called ${cut(part)}; it has ${parts}`);
    }
    return reply.type('application/octet-stream').send(Buffer.from(graph.bytes));
  });
}
