/** A result that a framework publishes of its weights, in percent. */
export interface PublishedMetric {
  readonly dataset: string;
  readonly name: string;
  readonly value: number;
}
