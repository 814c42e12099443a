import { existsSync } from 'node:fs';
import { embeddedModels } from '../checkpoints/embedded-models.ts';
import { isHubName } from '../checkpoints/hub/hub-name.ts';
import { command, noPositionals } from './terminal/command.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import type { FlagTable } from './terminal/flags.ts';
import { formatBytes } from './terminal/progress.ts';
import { requestLine } from './terminal/request-line.ts';
import { defined, engineFlags, modelValue } from './terminal/shared-flags.ts';
import { counted } from './terminal/table.ts';

const { engine, threads, batch } = engineFlags;

const flags = {
  host: {
    kind: 'text',
    value: 'ADDRESS',
    default: '127.0.0.1',
    help: 'address to listen on; 0.0.0.0 for every network',
  },
  port: {
    kind: 'integer',
    value: 'N',
    min: 0,
    max: 65535,
    default: 8080,
    help: 'port to listen on; 0 for any free port',
  },
  token: {
    kind: 'text',
    group: 'Who may ask',
    value: 'TOKEN',
    help: 'refuse requests without this bearer token (better: RESNET_COCO_TOKEN in the environment)',
  },
  'allow-host': {
    kind: 'texts',
    group: 'Who may ask',
    value: 'NAME',
    help: 'a host name that it accepts besides localhost, addresses and --host, such as gpu.example.org; may be repeated (with a token, any name is accepted)',
  },
  cors: {
    kind: 'text',
    group: 'Who may ask',
    value: 'ORIGIN,…',
    help: "origins whose pages may call it, such as https://example.org (default: only the service's own)",
  },
  queue: {
    kind: 'integer',
    group: 'Limits',
    value: 'N',
    min: 1,
    max: 1e6,
    default: 64,
    help: 'maximum of waiting images of each model, and of arriving bodies',
  },
  'queue-bytes': {
    kind: 'integer',
    group: 'Limits',
    value: 'N',
    min: 1,
    max: 2 ** 36,
    default: 160 * 2 ** 20,
    help: 'maximum total bytes of the requests in memory',
  },
  timeout: {
    kind: 'number',
    group: 'Limits',
    value: 'SECONDS',
    min: 0.001,
    max: 86_400,
    default: 30,
    help: 'maximum time for an answer',
  },
  'max-bytes': {
    kind: 'integer',
    group: 'Limits',
    value: 'N',
    min: 1,
    max: 2 ** 31,
    default: 20 * 2 ** 20,
    help: 'maximum bytes of a request; half as many for JSON',
  },
  'max-pixels': {
    kind: 'integer',
    group: 'Limits',
    value: 'N',
    min: 1,
    max: 1e9,
    default: 50e6,
    help: 'maximum pixels of an image',
  },
  'max-files': {
    kind: 'integer',
    group: 'Limits',
    value: 'N',
    min: 1,
    max: 10_000,
    default: 16,
    help: 'maximum images of a request',
  },
  grace: {
    kind: 'number',
    group: 'Limits',
    value: 'SECONDS',
    min: 0.001,
    max: 86_400,
    default: 20,
    help: 'time to answer accepted requests when it is stopped',
  },
  model: {
    kind: 'text',
    group: 'Model',
    value: `${modelValue},…`,
    help: 'classifiers and detectors: known models, files or folders, models of the Hugging Face hub (default: those of the package)',
  },
  engine,
  threads,
  batch,
} as const satisfies FlagTable;

export default command({
  summary: 'Classify and detect over HTTP, until Ctrl-C or SIGTERM.',
  positionals: noPositionals,
  flags,
  details: [
    'POST /v1/classify and /v1/detect take images as multipart/form-data, as a body of type image/*, or as base64 in JSON, and answer as classify --json and detect --json do. GET /v1/models, /healthz, /readyz, /metrics (Prometheus), /openapi.json; /docs is for the browser.',
    'Each request is logged in a line on stderr, without its content: text on a terminal, else JSON. After Ctrl-C or SIGTERM no further requests are accepted, and accepted ones are answered.',
  ],
  examples: [
    ['resnet-coco serve', 'then: curl -F files=@photo.jpg http://127.0.0.1:8080/v1/classify'],
    ['resnet-coco serve --model resnet50,my-detector.safetensors --host 0.0.0.0 --port 80', ''],
  ],
  endsWhenStopped: true,
  async run({ flags, terminal, signal }) {
    const [{ createServer }, { fetchModel, isModelName }] = await Promise.all([
      import('../server/index.ts'),
      import('../checkpoints/index.ts'),
    ]);
    const { batch, cors, engine, grace, host, model, port, queue, threads, timeout } = flags;
    const list = (text: string) => text.split(',').filter((item) => item !== '');
    const models = model === undefined ? [...embeddedModels().keys()] : list(model);
    // Fetched here, where a download shows its progress and Ctrl-C ends it.
    const fetched = models.filter((name) => isHubName(name) || (isModelName(name) && !existsSync(name)));
    await withDownloadProgress(terminal, async (onProgress, onNote) => {
      for (const name of fetched) await fetchModel(name, { onProgress, onNote, signal });
    });
    const server = await createServer(
      {
        models,
        engine: engine as 'auto',
        allowHosts: [...flags['allow-host']],
        queue,
        queueBytes: flags['queue-bytes'],
        timeoutSeconds: timeout,
        graceSeconds: grace,
        maxBytes: flags['max-bytes'],
        maxPixels: flags['max-pixels'],
        maxFiles: flags['max-files'],
        ...defined({
          batch,
          threads,
          token: flags.token ?? (process.env.RESNET_COCO_TOKEN || undefined),
          cors: cors === undefined ? undefined : list(cors),
        }),
      },
      {
        write: (json) => {
          const line = terminal.isScreen ? requestLine(json) : json.trimEnd();
          if (line !== undefined) terminal.note(line);
        },
      },
    );
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    try {
      if (!signal.aborted) {
        const address = await server.listen({ host, port });
        for (const { record } of server.models) {
          const labels = counted(record.labels.length, 'label');
          terminal.note(`${record.name}: ${record.task}, ${record.architecture}, ${labels}, on ${record.device}`);
        }
        terminal.note(`requests of at most ${formatBytes(flags['max-bytes'])}`);
        await terminal.print(address);
        await stopped;
      }
      return 0;
    } finally {
      await server.close();
    }
  },
});
