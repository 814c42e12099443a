import { PbfWriter } from 'pbf';
import { ResnetCocoError } from '../../errors.ts';
import {
  type Attribute,
  type Constant,
  constantBytes,
  type DType,
  Graph,
  type GraphPort,
  type Node,
} from '../trace/graph.ts';

/** The versions of ONNX's file format and operator set that the tracer's kernels target. */
const IR_VERSION = 8;
const OPSET_VERSION = 17;

/** `TensorProto.DataType`. */
export const ELEMENT_TYPES: Readonly<Record<DType, number>> = {
  ...{ float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10, float64: 11 },
};

/** Protocol buffers hold no more. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * An ONNX file of a graph. The numbers in the `write…Field` calls are the field numbers of `onnx.proto`.
 *
 * @param metadata words for people and programs, by key
 * @throws ResnetCocoError BAD_MODEL for a model that is larger than an ONNX file can be
 */
export function encodeOnnx(graph: Graph, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const bytes = constantBytes(graph);
  if (bytes > MOST_BYTES) {
    const problem = `its weights are ${bytes} bytes, but one ONNX file holds at most ${MOST_BYTES}`;
    throw new ResnetCocoError('BAD_MODEL', `${problem}; export it in half precision, or in parts`);
  }
  // Large enough from the start: growing would copy the weights again and again.
  const file = new PbfWriter(new Uint8Array(bytes + (1 << 20)));
  file.writeVarintField(1, IR_VERSION);
  file.writeStringField(2, 'resnet-coco');
  file.writeMessage(7, writeGraph, graph);
  const domains = new Set(graph.nodes.flatMap(({ domain }) => domain ?? []));
  file.writeMessage(8, writeOpset, { domain: '', version: OPSET_VERSION });
  for (const domain of domains) file.writeMessage(8, writeOpset, { domain, version: 1 });
  for (const entry of Object.entries(metadata)) file.writeMessage(14, writeEntry, entry);
  return file.finish();
}

function writeOpset({ domain, version }: { domain: string; version: number }, to: PbfWriter): void {
  to.writeStringField(1, domain);
  to.writeVarintField(2, version);
}

function writeEntry([key, value]: readonly [string, string], to: PbfWriter): void {
  to.writeStringField(1, key);
  to.writeStringField(2, value);
}

function writeGraph(graph: Graph, to: PbfWriter): void {
  const nodes = withPublicNames(graph);
  for (const node of nodes) to.writeMessage(1, writeNode, node);
  to.writeStringField(2, 'resnet-coco');
  for (const [name, constant] of graph.constants) to.writeMessage(5, writeConstant, { name, constant });
  for (const input of graph.inputs) to.writeMessage(11, writePort, input);
  for (const output of graph.outputs) to.writeMessage(12, writePort, output);
}

/** The graph's operators, with its outputs under their public names. */
function withPublicNames(graph: Graph): Node[] {
  const nodeOutputs = new Set(graph.nodes.flatMap((node) => node.outputs));
  const names = new Map<string, string>();
  const copies: Node[] = [];
  for (const { name, value } of graph.outputs) {
    if (nodeOutputs.has(value) && !names.has(value)) names.set(value, name);
    else copies.push({ op: 'Identity', inputs: [value], outputs: [name], attributes: {} });
  }
  return renamed([...graph.nodes, ...copies], (value) => names.get(value) ?? value);
}

/** Operators whose values have other names; a loop's body may use those around it. */
const renamed = (nodes: readonly Node[], nameOf: (value: string) => string): Node[] =>
  nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(nameOf),
    outputs: node.outputs.map(nameOf),
    attributes: Object.fromEntries(
      Object.entries(node.attributes).map(([name, value]) => [
        name,
        typeof value === 'object' && 'graph' in value ? { graph: renamedBody(value.graph, nameOf) } : value,
      ]),
    ),
  }));

function renamedBody(body: Graph, nameOf: (value: string) => string): Graph {
  const result = new Graph(body.target, body);
  result.nodes.push(...renamed(body.nodes, nameOf));
  result.inputs.push(...body.inputs);
  result.outputs.push(...body.outputs.map((output) => ({ ...output, value: nameOf(output.value) })));
  return result;
}

function writeNode(node: Node, to: PbfWriter): void {
  for (const input of node.inputs) to.writeStringField(1, input);
  for (const output of node.outputs) to.writeStringField(2, output);
  to.writeStringField(3, node.outputs[0]);
  to.writeStringField(4, node.op);
  if (node.domain !== undefined) to.writeStringField(7, node.domain);
  for (const [name, value] of Object.entries(node.attributes)) to.writeMessage(5, writeAttribute, { name, value });
}

function writeAttribute({ name, value }: { name: string; value: Attribute }, to: PbfWriter): void {
  const type = (number: number) => to.writeVarintField(20, number);
  to.writeStringField(1, name);
  if (typeof value === 'number') {
    to.writeVarintField(3, value);
    type(2);
  } else if (typeof value === 'string') {
    to.writeBytesField(4, new TextEncoder().encode(value));
    type(3);
  } else if ('float' in value) {
    to.writeFloatField(2, value.float);
    type(1);
  } else if ('graph' in value) {
    to.writeMessage(6, writeGraph, value.graph);
    type(5);
  } else {
    for (const number of value) to.writeVarintField(8, number);
    type(7);
  }
}

function writeConstant({ name, constant }: { name: string; constant: Constant }, to: PbfWriter): void {
  const { data, dtype, shape } = constant;
  for (const size of shape) to.writeVarintField(1, size);
  to.writeVarintField(2, ELEMENT_TYPES[dtype]);
  to.writeStringField(8, name);
  to.writeBytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function writePort({ name, dtype, shape }: GraphPort, to: PbfWriter): void {
  const writeDim = (dim: number | string, dimTo: PbfWriter) =>
    typeof dim === 'number' ? dimTo.writeVarintField(1, dim) : dimTo.writeStringField(2, dim);
  const writeShape = (_: undefined, shapeTo: PbfWriter) => {
    for (const dim of shape) shapeTo.writeMessage(1, writeDim, dim);
  };
  const writeTensorType = (_: undefined, tensorTo: PbfWriter) => {
    tensorTo.writeVarintField(1, ELEMENT_TYPES[dtype]);
    tensorTo.writeMessage(2, writeShape, undefined);
  };
  const writeType = (_: undefined, typeTo: PbfWriter) => typeTo.writeMessage(1, writeTensorType, undefined);
  to.writeStringField(1, name);
  to.writeMessage(2, writeType, undefined);
}
