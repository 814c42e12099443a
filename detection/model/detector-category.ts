/** A category of a detector. */
export interface DetectorCategory {
  /** The data set's own, which results carry. */
  readonly id: number;
  readonly name: string;
  /** What the network calls it, from 1 on, where that is another number; 0 is the background. */
  readonly label?: number | undefined;
  /** Names of its joints, where it has any. */
  readonly keypoints?: readonly string[] | undefined;
  /** Which joints a line connects, from 1 on. */
  readonly skeleton?: readonly (readonly number[])[] | undefined;
}

/** What the network calls a category. */
export const labelOf = ({ id, label }: DetectorCategory): number => label ?? id;
