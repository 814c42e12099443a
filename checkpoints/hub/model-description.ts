/** The parts of a network, where a configuration names no architecture. */
export interface DescribedNetwork {
  readonly layer_type: 'basic' | 'bottleneck';
  /** Blocks in each stage. */
  readonly depths: readonly number[];
  /** Channels at the end of each stage. */
  readonly hidden_sizes: readonly number[];
  /** Channels of the stem. */
  readonly embedding_size: number;
}

/** What files beside the weights say of a classifier. */
export interface ModelDescription {
  /** The file that says it, for errors. */
  readonly file: string;
  readonly architecture?: string;
  readonly network?: DescribedNetwork;
  /** The number of classes, where it says it. */
  readonly numClasses?: number;
  /** Settings of a classifier's configuration that tensors do not tell. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What a user should know of it. */
  readonly notes: readonly string[];
}
