import type { HubModelListing, ModelListing } from '../checkpoints/index.ts';
import type { QuantizationConfig } from '../engine/index.ts';
import type { ModelInfo } from '../index.ts';
import { readSettingsFile } from '../io/json/settings-file.ts';
import { settingName, settingRows, settingValue } from '../training/page/setting-words.ts';
import { command, noPositionals } from './terminal/command.ts';
import { withDownloadProgress } from './terminal/download-progress.ts';
import type { FlagTable } from './terminal/flags.ts';
import { forceFlag, refuseExisting } from './terminal/output-file.ts';
import { archFlag, defined, jsonFlag } from './terminal/shared-flags.ts';
import { formatTable } from './terminal/table.ts';

const oneModel = {
  usage: '<model>',
  min: 1,
  max: 1,
  help: [['<model>', 'a name from resnet-coco models list, a file or folder, or hf:OWNER/NAME[@REVISION][/FILE]']],
} as const;

const published = (metric: ModelListing['metric']): string =>
  metric.map(({ dataset, name, value }) => `${dataset} ${name} ${value}`).join(', ');

const inMillions = (parameters: number): string => `${(parameters / 1e6).toFixed(1)} M`;

/** Recommended weights of the hub, as rows of a table. */
function hubTable(models: readonly HubModelListing[]): string {
  const rows = models.map(({ name, parameters, metric, cached }) => {
    const top1 = metric.filter((one) => one.name === 'acc@1');
    const published = top1.map(({ value, image_size }) => `${value.toFixed(1)} at ${image_size}`).join(', ');
    return [name, inMillions(parameters), published, cached ? 'yes' : ''];
  });
  return formatTable([['name', 'parameters', 'ImageNet top-1 at size', 'here'], ...rows], 'lrll');
}

/** How a model was quantized, without the range of every activation. */
function inWords({ calibration, float_layers, method }: QuantizationConfig): string {
  const others = float_layers.length ? `; in single precision: ${float_layers.join(', ')}` : '';
  return `int8, ranges by ${method} of ${calibration.images} images (${calibration.data})${others}`;
}

/** A model's description for people: details of the file, then its configuration by headings. */
function describeModel({ config, ...facts }: ModelInfo): string {
  const metric = 'metric' in facts ? { metric: published(facts.metric) } : {};
  const { provenance, quantization, ...plain } = (config ?? {}) as Readonly<Record<string, unknown>>;
  const settings = quantization ? { ...plain, quantization: inWords(quantization as QuantizationConfig) } : plain;
  // The training settings repeat some of the model's own settings.
  const { model, ...training } = (provenance ?? {}) as Readonly<Record<string, unknown>>;
  const table = (fields: Readonly<Record<string, unknown>>, indent = '') =>
    formatTable(
      Object.entries(fields).map(([name, value]) => [settingName(name), settingValue(value)]),
      'll',
      indent,
    );
  const rows = settingRows(training);
  const groups = [...new Set(rows.map(({ group }) => group))].map((group) => {
    const own = rows.filter((row) => row.group === group).map(({ name, value }) => [name, value]);
    return `Training: ${group}\n${formatTable(own, 'll', '  ')}`;
  });
  const own = table(settings, '  ');
  return [table({ ...facts, ...metric }), ...(config ? [`Settings of the model\n${own}`] : []), ...groups].join('\n\n');
}

export const list = command({
  summary:
    'Known models: task, parameters, published result, and whether it is on this machine. The first come with the package, the last are recommended ones of the Hugging Face hub.',
  positionals: noPositionals,
  flags: jsonFlag,
  examples: [['resnet-coco models list', '']],
  async run({ flags, terminal }) {
    const [{ listHubModels, listModels }, { embeddedModels }, { modelInfo }] = await Promise.all([
      import('../checkpoints/index.ts'),
      import('../checkpoints/embedded-models.ts'),
      import('../index.ts'),
    ]);
    const own = [...embeddedModels()].map(async ([name, path]) => {
      const { parameters = 0, task } = await modelInfo(path);
      return { name, aliases: [], task, parameters, metric: [], license: 'MIT', cached: true, path };
    });
    const models = [...(await Promise.all(own)), ...(await listModels())];
    const ofHub = await listHubModels();
    if (flags.json) await terminal.printJson([...models, ...ofHub]);
    else {
      const rows = models.map(({ name, task, parameters, metric, cached }) => [
        name,
        task,
        inMillions(parameters),
        published(metric),
        cached ? 'yes' : '',
      ]);
      const table = formatTable([['name', 'task', 'parameters', 'published', 'here'], ...rows], 'llrll');
      await terminal.print(`${table}\n\nfrom the Hugging Face hub:\n${hubTable(ofHub)}`);
    }
    return 0;
  },
});

export const info = command({
  summary: 'Details of a known model, or of a model file. A model of the Hugging Face hub is fetched for it.',
  positionals: oneModel,
  flags: jsonFlag,
  examples: [
    ['resnet-coco models info resnet50', ''],
    ['resnet-coco models info hf:timm/resnet50.a1_in1k', ''],
    ['resnet-coco models info my-detector.safetensors --json', ''],
  ],
  async run({ flags, positionals: [model], terminal, signal }) {
    const { modelInfo } = await import('../index.ts');
    const description = await withDownloadProgress(terminal, (onProgress, onNote) =>
      modelInfo(model, { onProgress, onNote, signal }),
    );
    if (flags.json) await terminal.printJson(description);
    else await terminal.print(describeModel(description));
    return 0;
  },
});

export const fetch = command({
  summary: "Download a model's official weights into the cache and check them. Resumes an interrupted download.",
  positionals: {
    ...oneModel,
    help: [['<model>', 'a name from resnet-coco models list, or hf:OWNER/NAME[@REVISION][/FILE]']],
  },
  flags: {},
  details: [
    'The cache is in RESNET_COCO_HOME; RESNET_COCO_MIRROR names a server to use instead of the official ones.',
    'Of the Hugging Face hub, HF_ENDPOINT names a mirror, HF_TOKEN is the token for private models and those with terms, and with HF_HUB_OFFLINE=1 only what is in the cache is used.',
  ],
  examples: [
    ['resnet-coco models fetch resnet50', ''],
    ['resnet-coco models fetch hf:timm/resnet50.a1_in1k', ''],
  ],
  async run({ positionals: [model], terminal, signal }) {
    const { fetchModel } = await import('../checkpoints/index.ts');
    const path = await withDownloadProgress(terminal, (onProgress, onNote) =>
      fetchModel(model, { onProgress, onNote, signal }),
    );
    await terminal.print(path);
    return 0;
  },
});

const convertFlags = {
  config: { kind: 'text', value: 'FILE', help: "the model's configuration, JSON" },
  arch: { ...archFlag.arch, group: 'Flags' },
  half: { kind: 'boolean', help: 'store weights in half precision' },
  ...forceFlag,
} as const satisfies FlagTable;

export const convert = command({
  summary: 'Convert a .pth, .pt, .th or .safetensors checkpoint to a self-describing model file.',
  positionals: {
    usage: '<in> <out>',
    min: 2,
    max: 2,
    help: [
      ['<in>', 'a checkpoint, or another model; nothing in it is executed'],
      ['<out>', 'the .safetensors file to write'],
    ],
  },
  flags: convertFlags,
  examples: [
    ['resnet-coco models convert resnet18.pth resnet18.safetensors --arch resnet18', ''],
    ['resnet-coco models convert weights.safetensors detector.safetensors --config config.json', ''],
  ],
  async run({ flags: { config, arch, force, half }, positionals: [from, to], terminal, signal }) {
    await refuseExisting(to, force);
    const { convertModel } = await import('../index.ts');
    const settings = config === undefined ? {} : { config: await readSettingsFile(config), configFile: config };
    await withDownloadProgress(terminal, (onProgress, onNote) =>
      convertModel(from, to, { ...defined({ arch }), ...settings, half, onProgress, onNote, signal }),
    );
    terminal.note(`${to}: written`);
    return 0;
  },
});
