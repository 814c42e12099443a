/** What settings of training have in all architectures. */
export interface SharedTrainingSettings {
  /** How many stages of the backbone are trained, from the last; 4 adds the first convolution's stage, 5 the stem. */
  readonly trainable_backbone_layers: number;
}
