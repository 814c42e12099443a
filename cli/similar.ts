import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { contactSheet, type SheetSection } from '../backbone/embeddings/contact-sheet.ts';
import { nearestVectors, type Similar } from '../backbone/embeddings/nearest.ts';
import { DUPLICATE_SIMILARITY, type Vectors } from '../backbone/embeddings/vectors.ts';
import { isVectorsName, listBeside, readVectors } from '../backbone/embeddings/vectors-file.ts';
import type { Classifier } from '../backbone/index.ts';
import { ResnetCocoError } from '../errors.ts';
import { writeReport } from '../eval/report/report-folder.ts';
import { inLockedFolder } from '../io/folder-lock.ts';
import { JsonArrayWriter } from '../io/json/json-array.ts';
import { isFolder } from '../io/regular-file.ts';
import { embeddedInputs, modelOfVectors } from './input/embedded-inputs.ts';
import { collectInputs, type Inputs } from './input/inputs.ts';
import { openClassifier } from './input/open-classifier.ts';
import { command, type ExitCode } from './terminal/command.ts';
import { Failures } from './terminal/failures.ts';
import type { FlagTable, FlagValues } from './terminal/flags.ts';
import {
  archFlag,
  defined,
  engineFlags,
  inputFlags,
  jsonFlag,
  modelHelp,
  modelValue,
} from './terminal/shared-flags.ts';
import { counted, formatTable } from './terminal/table.ts';
import type { Terminal } from './terminal/terminal.ts';

const DEFAULT_MODEL = 'resnet50';
const DEFAULT_TOP = 10;

const flags = {
  top: { kind: 'integer', value: 'N', min: 1, max: 1e6, help: `how many images to print (default: ${DEFAULT_TOP})` },
  ...jsonFlag,
  ...inputFlags,
  out: { kind: 'text', value: 'DIR', help: 'write index.html there, a page that shows the images' },
  duplicates: {
    kind: 'boolean',
    group: 'Near-duplicates',
    help: 'groups of near-duplicates among the images, instead of those similar to one',
  },
  threshold: {
    kind: 'number',
    group: 'Near-duplicates',
    value: 'P',
    min: 0,
    max: 1,
    help: `images of this cosine similarity or more are near-duplicates (default: ${DUPLICATE_SIMILARITY})`,
  },
  model: {
    kind: 'text',
    group: 'Model',
    value: modelValue,
    help: `${modelHelp} (default: the one that made the vectors, or ${DEFAULT_MODEL})`,
  },
  ...archFlag,
  ...engineFlags,
} as const satisfies FlagTable;

type Flags = FlagValues<typeof flags>;

/** What a call looks at: vectors in a file, or images that are still to be embedded. */
type Target = { readonly vectors: Vectors } | { readonly inputs: Inputs };

async function openTarget(path: string, { recursive, signal }: { recursive: boolean; signal: AbortSignal }) {
  if (isVectorsName(path) && !isFolder(path)) {
    const vectors = await readVectors(path);
    if (!vectors.files.length)
      throw new ResnetCocoError('BAD_RESULTS', `${path}: has no vectors; embed images into it`);
    return { vectors };
  }
  const matrix = path.replace(/\.json$/i, '.npy');
  if (matrix !== path && listBeside(matrix) === path && existsSync(matrix)) {
    throw new ResnetCocoError('USAGE', `${path} lists the images of ${matrix}: name ${matrix}`);
  }
  return { inputs: await collectInputs([path], { recursive, signal }) };
}

/** The model of the call, and a note where it may not be the one that made the vectors. */
function modelFor(target: Target, path: string, named: string | undefined): { model: string; note?: string } {
  if ('inputs' in target) return { model: named ?? DEFAULT_MODEL };
  const { model: maker } = target.vectors;
  if (maker === undefined) {
    const model = named ?? DEFAULT_MODEL;
    const note = `${path} does not say which model made it: taken to be ${model}${named ? '' : ', --model names another'}`;
    return { model, note };
  }
  if (named === undefined && isAbsolute(maker) && !existsSync(maker)) {
    const problem = `${path} was made by ${maker}, which is no longer there`;
    throw new ResnetCocoError('FILE_NOT_FOUND', `${problem}; name that model with --model`);
  }
  if (named === undefined || modelOfVectors(named) === maker) return { model: maker };
  const note = `${path} was made by ${maker}, not by --model ${named}: similarities mean something only if both are one`;
  return { model: named, note };
}

/** The flags of a call that change nothing in it, with the reason. */
function notesOnFlags(flags: Flags, target: Target, path: string): string[] {
  const { arch, batch, duplicates, model, recursive, threshold, top } = flags;
  const isRead = 'vectors' in target;
  const idle = (given: Record<string, unknown>, reason: string): string[] => {
    const names = Object.keys(given).filter((name) => given[name] !== undefined && given[name] !== false);
    return names.map((name) => `--${name} has no effect ${reason}`);
  };
  return [
    ...(duplicates ? idle({ top }, 'with --duplicates') : idle({ threshold }, 'without --duplicates')),
    ...(isRead ? idle({ recursive }, `on the vectors in ${path}`) : []),
    ...(isRead && duplicates ? idle({ model, arch, batch }, `on the vectors in ${path}`) : []),
  ];
}

/** @throws ResnetCocoError BAD_RESULTS when the vectors cannot be those of the model */
function checkDimensions(vectors: Vectors, path: string, { dimensions }: Classifier, model: string): void {
  if (vectors.dimensions === dimensions) return;
  const problem = `${path} has vectors of ${vectors.dimensions} numbers, but those of ${model} have ${dimensions}`;
  throw new ResnetCocoError('BAD_RESULTS', `${problem}; name with --model the model that made ${path}`);
}

/** Prints results, and writes the page that shows them. */
class Results {
  readonly #terminal: Terminal;
  readonly #flags: Flags;

  constructor(terminal: Terminal, flags: Flags) {
    this.#terminal = terminal;
    this.#flags = flags;
  }

  async nearest(image: string, similar: readonly Similar[], failed: readonly object[]): Promise<void> {
    const records = similar.map(({ file, similarity }, i) => ({ rank: i + 1, similarity, file }));
    const rows = records.map(({ file, rank, similarity }) => [`${rank}`, shown(similarity), file]);
    await this.#print([...records, ...failed], formatTable(rows, 'rrl'));
    const title = `Similar to ${image}`;
    await this.#page(title, `${counted(similar.length, 'image')}, with the similarity of each`, [
      { title: 'The image', pictures: [{ file: image, caption: '' }] },
      { title: 'Most similar', pictures: similar.map(pictureOf) },
    ]);
  }

  async groups(groups: readonly (readonly Similar[])[], images: number, failed: readonly object[]): Promise<void> {
    const { threshold = DUPLICATE_SIMILARITY } = this.#flags;
    const records = groups.map((group) => ({
      images: group.map(({ file, similarity }) => ({ file, similarity })),
    }));
    const text = groups.map((group) => {
      const rows = group.map(({ file, similarity }) => [shown(similarity), file]);
      return `${group.length} images\n${formatTable(rows, 'rl', '  ')}`;
    });
    await this.#print([...records, ...failed], text.join('\n'));
    const inGroups = groups.reduce((sum, { length }) => sum + length, 0);
    const counts = `${counted(groups.length, 'group')} of near-duplicates with ${counted(inGroups, 'image')}, ${inGroups - groups.length} besides the first of each`;
    const told = `${counted(images, 'image')}, ${counts}; similarity of ${threshold} or more`;
    this.#terminal.note(told);
    await this.#page(
      'Near-duplicates',
      told,
      groups.map((group, i) => ({ title: `Group ${i + 1}`, pictures: group.map(pictureOf) })),
    );
  }

  async #print(records: readonly object[], text: string): Promise<void> {
    if (this.#flags.json) {
      const array = new JsonArrayWriter((json) => this.#terminal.write(json));
      await array.push(...records);
      await array.end();
    } else if (text) await this.#terminal.print(text);
  }

  async #page(title: string, subtitle: string, sections: readonly SheetSection[]): Promise<void> {
    const { out } = this.#flags;
    if (out === undefined) return;
    const { html, left, missing } = await contactSheet(title, subtitle, sections);
    await inLockedFolder(out, () => writeReport(out, { 'index.html': html }));
    const lacks = [
      ...(missing ? [`${counted(missing, 'image')} could not be read for it`] : []),
      ...(left ? [`it leaves out ${counted(left, 'image')}`] : []),
    ];
    this.#terminal.note([`${out}/index.html shows them`, ...lacks].join('; '));
  }
}

const shown = (similarity: number): string => similarity.toFixed(4);

const pictureOf = ({ file, similarity }: Similar) => ({ file, caption: shown(similarity) });

export default command({
  summary: 'The images most similar to one, or near-duplicates among many.',
  positionals: {
    usage: '[image] <images>',
    min: 1,
    max: 2,
    help: [
      ['[image]', 'the image to compare with; none with --duplicates'],
      ['<images>', 'a folder or glob of images, or a .npy or .jsonl file that resnet-coco embed --out wrote'],
    ],
  },
  flags,
  details: [
    'Similarity is the cosine of the angle between feature vectors, at most 1. For repeated searches, write the vectors to a file first.',
    'A group of near-duplicates is connected by pairs of sufficient similarity; its similarities are those to its first image.',
    'JSON: [{"rank", "similarity", "file"}], most similar first. With --duplicates: [{"images": [{"file", "similarity"}]}], an element per group. A failed image: {"file", "error"}.',
  ],
  examples: [
    ['resnet-coco similar dog.jpg photos --recursive', ''],
    ['resnet-coco similar dog.jpg vectors.npy --top 20 --out found', 'then open found/index.html'],
    ['resnet-coco similar --duplicates photos --threshold 0.97', ''],
  ],
  async run({ flags, positionals, terminal, signal }): Promise<ExitCode> {
    const { batch, duplicates, engine, recursive, threads, threshold, top = DEFAULT_TOP } = flags;
    const image = duplicates ? undefined : positionals[0];
    const path = positionals[positionals.length - 1];
    if (positionals.length !== (duplicates ? 1 : 2)) {
      const wanted = duplicates ? '<images> alone, such as similar --duplicates photos' : 'an image and <images>';
      throw new ResnetCocoError('USAGE', `similar wants ${wanted}`);
    }
    const target = await openTarget(path, { recursive, signal });
    for (const told of notesOnFlags(flags, target, path)) terminal.note(told);
    const failures = new Failures(terminal);
    const failed: { file: string; error: string }[] = [];
    const fail = (file: string, error: unknown) => failed.push({ file, error: failures.add(file, error) });
    const inputs = 'inputs' in target ? target.inputs : undefined;
    let query: Float32Array | undefined;
    let vectors: Vectors | undefined = 'vectors' in target ? target.vectors : undefined;
    if (image !== undefined || inputs) {
      const { model, note } = modelFor(target, path, flags.model);
      if (note !== undefined) terminal.note(note);
      const classifier = await openClassifier(model, flags, inputs?.files.length ?? 1, terminal, signal);
      try {
        if (vectors) checkDimensions(vectors, path, classifier, model);
        if (image !== undefined) query = await classifier.embed(image);
        if (inputs) vectors = await embeddedInputs(classifier, inputs, defined({ batch, signal }), fail, terminal);
      } finally {
        await classifier.dispose();
      }
    }
    if (!vectors || signal.aborted) return 0;
    const results = new Results(terminal, flags);
    if (query && image !== undefined) await results.nearest(image, nearestVectors(query, vectors, top), failed);
    else {
      const { duplicateGroups } = await import('../index.ts');
      const groups = await duplicateGroups(vectors, defined({ engine, threads, threshold }));
      await results.groups(groups, vectors.files.length, failed);
    }
    return failures.count ? 1 : 0;
  },
});
