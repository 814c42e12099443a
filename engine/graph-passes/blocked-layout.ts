// N images, C channels, H × W pixels, O × I × k × k filters, B channels in a block.

import type { Graph, Node } from '../trace/graph.ts';
import { usesOf } from '../trace/links.ts';
import { FilterForms } from './filter-forms.ts';

/** A convolution of fewer output pixels gains less than reordering its filter costs. */
const WORTH_IT = 300;

/** Elementwise operators, which work in any layout. */
const ELEMENTWISE = new Set(
  'Abs Add And Cast Div Equal Exp Greater GreaterOrEqual HardSigmoid Less LessOrEqual Max Min Mul Neg Not Or Relu Sigmoid Sqrt Sub Sum Where'.split(
    ' ',
  ),
);

/**
 * Rewrites a graph to ONNX Runtime's blocked layout (NCHWc, as in oneDNN): [N, C / B, H, W, B]. Convolutions on the CPU
 * are fastest on it. ONNX Runtime does this itself if filters are constants; in training they are not. Maps change
 * their layout only where an operator needs the other one. A batch norm becomes one convolution that also takes over
 * the sum and the ReLU after it.
 *
 * @param block channels in a block, as the machine has them
 */
export function blockChannels(graph: Graph, block: number): Graph {
  return new BlockedLayout(graph, block).graph;
}

/** x · scale + shift for each channel: a depthwise 1×1 convolution. */
const affine = (channels: number): Node['attributes'] => ({ group: channels, kernel_shape: [1, 1] });

class BlockedLayout extends FilterForms {
  /** By name of a blocked form: the convolution that makes it and may be fused with the next operator. */
  readonly #makers = new Map<string, Node>();
  /** By value: how many operators and outputs use it. */
  readonly #uses: ReadonlyMap<string, number>;

  constructor(source: Graph, block: number) {
    super(source, block);
    const nodes = source.liveNodes();
    this.#uses = usesOf(nodes, source.outputs);
    for (const node of nodes) if (!this.#rewrite(node)) this.#copy(node);
    for (const { value } of source.outputs) this.plainForm(value);
  }

  #rewrite(node: Node): boolean {
    if (node.op === 'Conv') return this.#convolution(node);
    if (node.op === 'BatchNormalization') return this.#batchNorm(node);
    if (node.op === 'ReduceMean') return this.#mean(node);
    if (node.op === 'Shape') return this.#shape(node);
    if (node.op === 'ReorderInput') return this.#takeBlocks(node);
    if (node.op === 'ReorderOutput') return this.#giveBlocks(node);
    if (node.op === 'Mul' && this.#scaling(node)) return true;
    if (node.op === 'Add' && this.#shifting(node)) return true;
    return ELEMENTWISE.has(node.op) && this.#elementwise(node);
  }

  #copy(node: Node): void {
    for (const input of node.inputs) this.plainForm(input);
    this.put(node);
  }

  /** A ReorderOutput of the source: its input is the blocked form. */
  #giveBlocks({ inputs: [blocked], outputs: [output] }: Node): boolean {
    this.blocked.set(output, blocked);
    return true;
  }

  /** A ReorderInput of the source: the blocked form itself. */
  #takeBlocks({ inputs: [x], outputs: [output] }: Node): boolean {
    this.put({ op: 'Identity', inputs: [this.blockedForm(x)], outputs: [output], attributes: {} });
    return true;
  }

  #convolution({ attributes, inputs: [x, filter], outputs }: Node): boolean {
    const [o, i, k] = this.shapeOf(filter);
    const [n, , h, w] = this.shapeOf(outputs[0]);
    const plainInput = i < this.block;
    const dilated = `${attributes.dilations ?? [1, 1]}` !== '1,1';
    if ((attributes.group ?? 1) !== 1 || dilated || !this.fits(o) || !(plainInput || this.fits(i))) return false;
    // With dynamic dimensions the product is NaN and the convolution is rewritten.
    if (n * h * w < WORTH_IT) return false;
    const map = plainInput ? this.plainForm(x) : this.blockedForm(x);
    this.#make(outputs[0], [map, this.blockedFilter(filter, o, i, k)], attributes);
    return true;
  }

  #make(output: string, inputs: readonly string[], attributes: Node['attributes']): void {
    const blocked = this.emitBlocked('Conv', inputs, this.shapeOf(output), attributes);
    this.#makers.set(blocked, this.graph.nodes[this.graph.nodes.length - 1]);
    this.blocked.set(output, blocked);
  }

  #affine(output: string, x: string, scale: string, shift?: string): void {
    const channels = this.shapeOf(output)[1];
    this.#make(output, this.#affineInputs(x, scale, shift), affine(channels));
  }

  #affineInputs(x: string, scale: string, shift?: string): string[] {
    const filter = this.reshape(scale, [this.shapeOf(x)[1], 1, 1, 1]);
    return [this.blockedForm(x), filter, ...(shift === undefined ? [] : [shift])];
  }

  #batchNorm({ attributes, inputs, outputs }: Node): boolean {
    const [x, gamma, beta] = inputs;
    if (!this.isMap(x) || !this.leansToBlocks([x])) return false;
    const channels = [this.shapeOf(x)[1]];
    const op = (name: string, ...operands: string[]) => this.emit(name, operands, channels);
    const epsilon = this.graph.scalar((attributes.epsilon as { readonly float: number }).float).name;
    let [, , , mean, variance] = inputs;
    if (attributes.training_mode) {
      mean = this.#meanOf(this.blockedForm(x), x, outputs[1]);
      // Not E[x²] − E[x]²: that cancels when the mean is large and the variance small.
      const apart = this.emitBlocked(
        'Conv',
        this.#affineInputs(x, this.#ones(channels[0]), op('Neg', mean)),
        this.shapeOf(x),
        affine(channels[0]),
      );
      variance = this.#meanOf(this.emit('Mul', [apart, apart], this.shapeOf(x)), x, outputs[2]);
    }
    const scale = op('Div', gamma, op('Sqrt', op('Add', variance, epsilon)));
    this.#affine(outputs[0], x, scale, op('Sub', beta, op('Mul', mean, scale)));
    return true;
  }

  /** The mean of a blocked map over images and pixels, by channel. */
  #meanOf(blocked: string, source: string, output?: string): string {
    const [n, c] = this.shapeOf(source);
    const pooled = this.emitBlocked('GlobalAveragePool', [blocked], [n, c, 1, 1]);
    const attributes = { axes: [0, 2, 3], keepdims: 0 };
    if (output === undefined) return this.emit('ReduceMean', [pooled], [c], attributes);
    this.put({ op: 'ReduceMean', inputs: [pooled], outputs: [output], attributes });
    return output;
  }

  /** A mean over pixels, possibly also over images. A 1×1 map is the same in both layouts. */
  #mean(node: Node): boolean {
    const [x] = node.inputs;
    const axes = `${node.attributes.axes}`;
    if (!this.isMap(x) || !this.leansToBlocks([x]) || (axes !== '0,2,3' && axes !== '2,3')) return false;
    const [n, c] = this.shapeOf(x);
    this.put({ ...node, inputs: [this.emitBlocked('GlobalAveragePool', [this.blockedForm(x)], [n, c, 1, 1])] });
    return true;
  }

  #shape(node: Node): boolean {
    const blocked = this.blocked.get(node.inputs[0]);
    if (blocked === undefined || this.plain.has(node.inputs[0])) return false;
    this.put({ ...node, inputs: [blocked] });
    return true;
  }

  /** Whether `x` is a map that is better in blocks, and `numbers` has one number per channel of it. */
  #isByChannel(x: string, numbers: string): boolean {
    const byChannel = `${[this.shapeOf(x)[1], 1, 1]}`;
    const shape = `${this.shapeOf(numbers)}`;
    return this.isMap(x) && (shape === byChannel || shape === `1,${byChannel}`) && this.leansToBlocks([x]);
  }

  #scaling({ inputs: [x, factor], outputs }: Node): boolean {
    if (!this.#isByChannel(x, factor)) return false;
    this.#affine(outputs[0], x, this.plainForm(factor));
    return true;
  }

  /** The bias of a convolution is its own; else a scale of 1 comes with it. */
  #shifting({ inputs: [x, added], outputs }: Node): boolean {
    if (!this.#isByChannel(x, added)) return false;
    const channels = this.shapeOf(x)[1];
    const shift = this.reshape(this.plainForm(added), [channels]);
    const maker = this.#makers.get(this.blockedForm(x));
    if (maker?.inputs.length === 2 && this.#uses.get(x) === 1) {
      this.#make(outputs[0], [...maker.inputs, shift], maker.attributes);
    } else {
      this.#affine(outputs[0], x, this.#ones(channels), shift);
    }
    return true;
  }

  #ones(count: number): string {
    return this.graph.constant(new Float32Array(count).fill(1), [count], 'float32').name;
  }

  #elementwise({ attributes, inputs, op, outputs: [output] }: Node): boolean {
    const shape = this.shapeOf(output);
    if (!this.isMap(output)) return false;
    const maps = inputs.filter((name) => `${this.shapeOf(name)}` === `${shape}`);
    const numbers = inputs.filter((name) => this.shapeOf(name).every((size) => size === 1));
    if (maps.length + numbers.length < inputs.length || !maps.length || !this.leansToBlocks(maps)) return false;
    const forms = inputs.map((name) => (maps.includes(name) ? this.blockedForm(name) : this.plainForm(name)));
    if ((op === 'Add' || op === 'Sum') && maps.length === 2 && this.#takeSum(output, inputs, forms)) return true;
    if (op === 'Relu' && this.#takeRelu(output, inputs[0], forms[0])) return true;
    const { dtype } = this.graph.values.get(output)!;
    this.blocked.set(output, this.graph.emit(op, forms, { shape, dtype }, attributes).name);
    return true;
  }

  /** A sum with what a convolution gives is the convolution's own. */
  #takeSum(output: string, names: readonly string[], forms: readonly string[]): boolean {
    for (const [i, other] of [1, 0].entries()) {
      const maker = this.#makers.get(forms[i]);
      if (!maker || maker.inputs.length > 3 || this.#uses.get(names[i]) !== 1 || names[0] === names[1]) continue;
      const [x, filter, shift = ''] = maker.inputs;
      this.#make(output, [x, filter, shift, forms[other]], maker.attributes);
      return true;
    }
    return false;
  }

  #takeRelu(output: string, name: string, form: string): boolean {
    const maker = this.#makers.get(form);
    if (!maker || this.#uses.get(name) !== 1) return false;
    this.#make(output, maker.inputs, { ...maker.attributes, activation: 'Relu' });
    this.#makers.delete(this.blocked.get(output)!);
    return true;
  }
}
