import { PbfWriter } from 'pbf';

/** A text that TensorBoard shows as Markdown. */
export interface EventText {
  readonly tag: string;
  readonly markdown: string;
}

/** The contents of an event. */
export type EventContent =
  /** The first event of a file. */
  | { readonly kind: 'version' }
  /** The run resumes at the event's step: TensorBoard drops this and later steps of earlier files. */
  | { readonly kind: 'start' }
  | { readonly kind: 'scalars'; readonly values: Readonly<Record<string, number>> }
  | ({ readonly kind: 'text' } & EventText);

const FILE_VERSION = 'brain.Event:2';
const SESSION_START = 1;
const DT_STRING = 7;

/**
 * TensorFlow's `Event` message. The numbers in the `write…Field` calls are the field numbers of `event.proto`,
 * `summary.proto` and `tensor.proto`.
 *
 * @param wallTime seconds since 1970
 */
export function encodeEvent(content: EventContent, step: number, wallTime: number): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, wallTime);
  if (step) event.writeVarintField(2, step);
  if (content.kind === 'version') event.writeStringField(3, FILE_VERSION);
  else if (content.kind === 'start') event.writeMessage(7, writeSessionLog, SESSION_START);
  else if (content.kind === 'scalars') event.writeMessage(5, writeScalars, content.values);
  else event.writeMessage(5, writeText, content);
  return event.finish();
}

const writeSessionLog = (status: number, to: PbfWriter): void => to.writeVarintField(1, status);

function writeScalars(values: Readonly<Record<string, number>>, to: PbfWriter): void {
  for (const [tag, value] of Object.entries(values)) to.writeMessage(1, writeScalar, { tag, value });
}

function writeScalar({ tag, value }: { readonly tag: string; readonly value: number }, to: PbfWriter): void {
  to.writeStringField(1, tag);
  to.writeFloatField(2, value);
}

/** A text is a string tensor of one element. Its metadata names the plug-in that shows it. */
function writeText(text: EventText, to: PbfWriter): void {
  const writePlugin = (name: string, pluginTo: PbfWriter) => pluginTo.writeStringField(1, name);
  const writeMetadata = (plugin: string, metadataTo: PbfWriter) => metadataTo.writeMessage(1, writePlugin, plugin);
  const writeDim = (size: number, dimTo: PbfWriter) => dimTo.writeVarintField(1, size);
  const writeShape = (size: number, shapeTo: PbfWriter) => shapeTo.writeMessage(2, writeDim, size);
  const writeTensor = (markdown: string, tensorTo: PbfWriter) => {
    tensorTo.writeVarintField(1, DT_STRING);
    tensorTo.writeMessage(2, writeShape, 1);
    tensorTo.writeBytesField(8, new TextEncoder().encode(markdown));
  };
  const writeValue = ({ tag, markdown }: EventText, valueTo: PbfWriter) => {
    valueTo.writeStringField(1, tag);
    valueTo.writeMessage(8, writeTensor, markdown);
    valueTo.writeMessage(9, writeMetadata, 'text');
  };
  to.writeMessage(1, writeValue, text);
}
