import { ResnetCocoError } from '../errors.ts';
import { structureProblem } from '../io/json/json-keys.ts';
import type { FileSlice } from '../io/pickle/file-slice.ts';
import { WholeFile } from '../io/whole-file.ts';
import { byteLength, type Contents, ITEM_SIZES, type StoredDType, type StoredTensor } from './stored-tensor.ts';

/** A tenth of the official library's limit, enough for 80,000 tensors. Longer headers take seconds to parse. */
const MAX_HEADER = 10_000_000;
/** How deep the header's JSON is nested: a list in a tensor in the header. */
const MAX_DEPTH = 3;

/**
 * Reads a safetensors file: eight bytes of header length, a JSON header, then the tensors without gaps. Checks
 * everything that the header claims before any tensor is read.
 */
export function readSafetensors(file: FileSlice): Contents {
  const bad = (problem: string): never => {
    throw new ResnetCocoError('BAD_CHECKPOINT', `${file.file}: not a whole safetensors file: ${problem}`);
  };
  const claimed = new DataView(file.read(0, 8).buffer).getBigUint64(0, true);
  if (claimed > BigInt(file.length - 8)) return bad(`its header claims ${claimed} bytes, the file has ${file.length}`);
  const headerLength = Number(claimed);
  if (headerLength > MAX_HEADER) return bad(`its header claims ${claimed} bytes`);
  const header = parseHeader(file.read(8, headerLength), bad);
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    return bad('__metadata__ is not a map of strings');
  }
  const body = file.slice(8 + headerLength);
  const tensors = new Map<string, StoredTensor>();
  const ranges: [start: number, end: number, name: string][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, range } = parseEntry(name, entry, bad);
    const [start, end] = range;
    if (end > body.length) return bad(`tensor ${shown(name)} ends at byte ${end}, the data at ${body.length}`);
    ranges.push([start, end, name]);
    tensors.set(name, { dtype, shape, bytes: () => body.read(start, end - start) });
  }
  let position = 0;
  for (const [start, end, name] of ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (start !== position) return bad(`tensor ${shown(name)} begins at byte ${start}, where ${position} is expected`);
    position = end;
  }
  if (position !== body.length) return bad(`its tensors end at byte ${position}, the data at ${body.length}`);
  return { tensors, metadata: metadata as Record<string, string>, beside: [] };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseHeader(bytes: Uint8Array, bad: (problem: string) => never): Record<string, unknown> {
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const problem = structureProblem(text, MAX_DEPTH);
    if (problem !== undefined) return bad(`its header ${problem}`);
    header = JSON.parse(text);
  } catch (error) {
    if (error instanceof ResnetCocoError) throw error;
    return bad(`its header is not JSON (${(error as Error).message})`);
  }
  return isRecord(header) ? header : bad('its header is not a JSON object');
}

/** A value from a damaged header, for a message. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function parseEntry(name: string, entry: unknown, bad: (problem: string) => never) {
  if (!isRecord(entry)) return bad(`tensor ${shown(name)} is not described by an object`);
  const { data_offsets: range, dtype, shape } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(ITEM_SIZES, dtype)) {
    return bad(`tensor ${shown(name)} has the unknown type ${shown(dtype)}`);
  }
  const length = Array.isArray(shape) ? byteLength(dtype as StoredDType, shape) : undefined;
  if (length === undefined) return bad(`tensor ${shown(name)} has the impossible shape ${shown(shape)}`);
  if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isSafeInteger) || range[0] < 0) {
    return bad(`tensor ${shown(name)} has the impossible data_offsets ${shown(range)}`);
  }
  if (range[1] - range[0] !== length) {
    return bad(
      `tensor ${shown(name)} is ${dtype} ${shown(shape)}, ${length} bytes, but data_offsets span ${range[1] - range[0]}`,
    );
  }
  return { dtype: dtype as StoredDType, shape: shape as number[], range: range as [number, number] };
}

/** The order in which the official library writes element types: larger ones first, so that all are aligned. */
const ORDER: readonly StoredDType[] = ['I64', 'F64', 'F32', 'I32', 'BF16', 'F16', 'I16', 'I8', 'U8', 'BOOL'];

/**
 * Writes a safetensors file, whole or not at all, and flushes it to the disk. The bytes equal the official library's:
 * tensors are sorted by element type, then by name.
 *
 * @throws ResnetCocoError FILE_NOT_WRITABLE
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const order = [...tensors].sort(
    ([a, { dtype: x }], [b, { dtype: y }]) =>
      ORDER.indexOf(x) - ORDER.indexOf(y) || Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  const header: string[] = Object.keys(metadata).length ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  let position = 0;
  for (const [name, { dtype, shape }] of order) {
    const end = position + byteLength(dtype, shape)!;
    // An object would put names such as '0' first and lose '__proto__'.
    header.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [position, end] })}`);
    position = end;
  }
  const json = Buffer.from(`{${header.join(',')}}`);
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ');
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));

  const output = await WholeFile.create(file);
  try {
    for (const part of [length, padded]) await output.write(part);
    for (const [, tensor] of order) await output.write(tensor.bytes());
  } catch (error) {
    await output.discard();
    throw error;
  }
  await output.commit({ durable: true });
}
