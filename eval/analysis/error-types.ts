// N results, M annotations.
import { FALSE_ALARM, FOREGROUND, type Outcomes } from './outcomes.ts';

/** Up to this IoU, a detection and an object are unrelated. */
const BACKGROUND = 0.1;

/**
 * Types of errors, after TIDE (Bolya, Foley, Hays and Hoffman: "TIDE: A General Toolbox for Identifying Object
 * Detection Errors", ECCV 2020).
 */
export const errorTypes = ['classification', 'localisation', 'both', 'duplicate', 'background', 'missed'] as const;

/** A type of error, as TIDE tells them apart. */
export type ErrorType = (typeof errorTypes)[number];

export interface TypedErrors {
  /** `[N]`: index into `errorTypes` for a false detection, else -1. */
  readonly types: Int8Array;
  /** `[N]`: the object that the detection was meant for, a row of the annotations; -1 when unknown. */
  readonly targets: Int32Array;
  /** `[M]`: 1 for an object that no detection matches and none was meant for. */
  readonly missed: Uint8Array;
}

const [CLASSIFICATION, LOCALISATION, BOTH, DUPLICATE, BACKGROUND_ERROR] = errorTypes.keys();

/**
 * Types every error. A detection that fits several types gets the first of these, as in the authors' program:
 * localisation, classification, duplicate, background, both.
 */
export function typeErrors({ detections, objects }: Outcomes): TypedErrors {
  const { nearest, nearestOther, verdicts } = detections;
  const types = new Int8Array(verdicts.length).fill(-1);
  const targets = new Int32Array(verdicts.length).fill(-1);
  const isMeant = new Uint8Array(objects.categories.length);
  for (let row = 0; row < verdicts.length; row++) {
    if (verdicts[row] !== FALSE_ALARM) continue;
    const [own, other] = [nearest.similarities[row], nearestOther.similarities[row]];
    let target = -1;
    if (own >= BACKGROUND && own < FOREGROUND) {
      types[row] = LOCALISATION;
      target = nearest.objects[row];
    } else if (other >= FOREGROUND) {
      types[row] = CLASSIFICATION;
      target = nearestOther.objects[row];
    } else if (own >= FOREGROUND) types[row] = DUPLICATE;
    else if (other <= BACKGROUND) types[row] = BACKGROUND_ERROR;
    else types[row] = BOTH;
    targets[row] = target;
    if (target >= 0) isMeant[target] = 1;
  }
  const missed = Uint8Array.from(objects.categories, (category, object) =>
    category >= 0 && objects.detections[object] < 0 && !isMeant[object] ? 1 : 0,
  );
  return { types, targets, missed };
}
