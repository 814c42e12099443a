import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PbfReader } from 'pbf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type EventContent, encodeEvent } from '../../training/event.ts';
import { TensorBoardWriter } from '../../training/index.ts';
import { crc32c, tfRecord } from '../../training/tf-record.ts';
import { rejects } from '../rejects.ts';

const test = suite('TensorBoard');
const root = mkdtempSync(join(tmpdir(), 'tensorboard-'));
const newFolder = () => mkdtempSync(join(root, 'test-'));
test.after(() => rmSync(root, { recursive: true }));

interface Case {
  readonly content: EventContent;
  readonly step: number;
  readonly wallTime: number;
  readonly record: string;
}

interface ReadEvent {
  wallTime: number;
  step: number;
  version?: string;
  sessionStatus?: number;
  values: Record<string, number | string>;
}

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The events of a file; a wrong length or checksum is an error. */
function readEvents(file: Uint8Array): ReadEvent[] {
  const bytes = Uint8Array.from(file);
  const events: ReadEvent[] = [];
  for (let start = 0; start < bytes.length; ) {
    const length = Number(new DataView(bytes.buffer, bytes.byteOffset + start).getBigUint64(0, true));
    const data = bytes.slice(start + 12, start + 12 + length);
    assert.equal(bytes.slice(start, start + length + 16), tfRecord(data));
    events.push(readEvent(data));
    start += length + 16;
  }
  return events;
}

function readEvent(data: Uint8Array): ReadEvent {
  const event: ReadEvent = { wallTime: 0, step: 0, values: {} };
  const readValue = (field: number, value: { tag: string }, pbf: PbfReader) => {
    if (field === 1) value.tag = pbf.readString();
    if (field === 2) event.values[value.tag] = pbf.readFloat();
    if (field === 8) event.values[value.tag] = decode(pbf.readBytes()).slice(8);
  };
  const readSummary = (_field: number, _: undefined, pbf: PbfReader) => pbf.readMessage(readValue, { tag: '' });
  const readLog = (_field: number, into: ReadEvent, pbf: PbfReader) => {
    into.sessionStatus = pbf.readVarint();
  };
  new PbfReader(data).readFields((field: number, into: ReadEvent, pbf: PbfReader) => {
    if (field === 1) into.wallTime = pbf.readDouble();
    if (field === 2) into.step = pbf.readVarint();
    if (field === 3) into.version = pbf.readString();
    if (field === 5) pbf.readMessage(readSummary, undefined);
    if (field === 7) pbf.readMessage(readLog, into);
  }, event);
  return event;
}

test('records are, byte for byte, those of TensorFlow', () => {
  const cases = JSON.parse(readFileSync('test/fixtures/tensorboard_events.json', 'utf8')) as Case[];
  assert.ok(cases.length > 5);
  for (const { content, step, wallTime, record } of cases) {
    const ours = tfRecord(encodeEvent(content, step, wallTime));
    assert.is(Buffer.from(ours).toString('hex'), record, JSON.stringify(content));
  }
});

test('CRC-32C has its published check values', () => {
  assert.is(crc32c(Buffer.from('123456789')), 0xe3069283);
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.is(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.is(crc32c(new Uint8Array()), 0);
});

test('an event is in the file as soon as it is written', () => {
  const folder = newFolder();
  const before = Date.now() / 1000;
  const writer = TensorBoardWriter.open(join(folder, 'deep', 'er'));
  const [name] = readdirSync(join(folder, 'deep', 'er'));
  assert.match(name, /^events\.out\.tfevents\.\d{10}\../);
  const events = () => readEvents(readFileSync(join(folder, 'deep', 'er', name)));
  assert.equal(
    events().map(({ version }) => version),
    ['brain.Event:2'],
  );
  writer.scalars(50, { 'train/loss': 0.5, 'train/top1': Number.NaN });
  assert.equal(events()[1].values, { 'train/loss': 0.5, 'train/top1': Number.NaN });
  assert.is(events()[1].step, 50);
  writer.text(0, 'settings', '# ä');
  assert.ok((events()[2].values.settings as string).endsWith('# ä'));
  writer.close();
  for (const { wallTime } of events()) assert.ok(wallTime >= before && wallTime <= Date.now() / 1000);
});

test('a resumed run begins a file that comes after, and voids later steps of those before', () => {
  const folder = newFolder();
  for (const resumeAt of [undefined, 100, 100]) {
    const writer = TensorBoardWriter.open(folder, resumeAt);
    writer.scalars(150, { loss: 1 });
    writer.close();
  }
  const names = readdirSync(folder).sort();
  const files = names.map((name) => readEvents(readFileSync(join(folder, name))));
  assert.equal(
    files.map((events) => events.map(({ step, sessionStatus }) => [step, sessionStatus])),
    [
      [
        [0, undefined],
        [150, undefined],
      ],
      [
        [0, undefined],
        [101, 1],
        [150, undefined],
      ],
      [
        [0, undefined],
        [101, 1],
        [150, undefined],
      ],
    ],
  );
});

test('a folder that cannot be made is an error that names it', async () => {
  const file = join(newFolder(), 'file');
  writeFileSync(file, '');
  await rejects(
    (async () => TensorBoardWriter.open(join(file, 'logs')))(),
    'FILE_NOT_WRITABLE',
    /file\/logs\/events.*: cannot be written: not a directory/,
  );
});

test.run();
