/**
 * Whether the file may have another number than this id: `JSON.parse` rounds whole numbers beyond 2⁵³ − 1, so two ids
 * could become one. Every reader of ids refuses such ids.
 */
export const isRoundedId = (id: unknown): id is number =>
  typeof id === 'number' && Number.isInteger(id) && !Number.isSafeInteger(id);

/** The message for a rounded id, with its remedy. @param mayBeText for image ids, which may be text */
export const roundedIdProblem = (mayBeText = false): string =>
  `it is beyond ±9007199254740991 (2^53 − 1), up to which whole numbers are exact; number anew${mayBeText ? ', or write these ids as texts in every file' : ''}`;
