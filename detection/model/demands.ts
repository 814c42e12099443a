import type { ParameterPlan } from '../../backbone/index.ts';
import { MOST } from '../../io/bounds.ts';

const MOST_ANCHORS = 2 ** 24;

/** What settings of a detector come to together, in words and as a number, and the most that there may be. */
export type Demand = readonly [what: string, count: number, most: number];

/** What of a configuration decides about the input and its anchors. */
interface AnchoredInput {
  readonly min_size: number;
  readonly max_size: number;
  readonly size_divisible: number;
  readonly anchor_sizes: readonly (readonly number[])[];
  readonly aspect_ratios: readonly number[];
}

/** How many anchors an image has at most. @param strides of the levels */
export function anchorCount(config: AnchoredInput, strides: readonly number[]): number {
  const cellsPerPixel = strides.reduce((sum, stride) => sum + stride ** -2, 0);
  return Math.ceil(anchorsPerCell(config) * pixelCount(config) * cellsPerPixel);
}

/** Of the pixels of an image, and of its anchors. */
export function inputDemands(config: AnchoredInput, strides: readonly number[]): Demand[] {
  const { max_size, min_size, size_divisible } = config;
  const size = `min_size ${min_size} × max_size ${max_size}, padded to size_divisible ${size_divisible}`;
  return [
    [`${size}: pixels`, pixelCount(config), MOST.pixels],
    [
      `anchor_sizes × aspect_ratios, ${anchorsPerCell(config)} to a cell: anchors`,
      anchorCount(config, strides),
      MOST_ANCHORS,
    ],
  ];
}

/** Of all weights. @param fields that decide about them */
export const weightDemand = (fields: string, parameters: readonly ParameterPlan[]): Demand => [
  `${fields}: weights`,
  parameters.reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0),
  MOST.parameters,
];

/** The first demand that is too much, in words; undefined where none is. */
export function excessOf(demands: readonly Demand[]): string | undefined {
  const excess = demands.find(([, count, most]) => count > most);
  return excess && `${excess[0]} are ${excess[1]}, more than ${excess[2]}`;
}

const anchorsPerCell = ({ anchor_sizes, aspect_ratios }: AnchoredInput) =>
  anchor_sizes[0].length * aspect_ratios.length;

function pixelCount({ max_size, min_size, size_divisible }: AnchoredInput): number {
  const padded = (side: number) => Math.ceil(side / size_divisible) * size_divisible;
  return padded(min_size) * padded(max_size);
}
