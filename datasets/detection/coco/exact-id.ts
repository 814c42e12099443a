/**
 * Whether an id may have been another number in its file: `JSON.parse` rounds whole numbers beyond 2⁵³ − 1, and two ids
 * could become one. Such ids are refused wherever ids are read.
 */
export const isRoundedId = (id: unknown): id is number =>
  typeof id === 'number' && Number.isInteger(id) && !Number.isSafeInteger(id);

/** What is wrong with a rounded id, and what to do, for errors. @param mayBeText as ids of images may */
export const roundedIdProblem = (mayBeText = false): string =>
  `it is beyond ±9007199254740991 (2^53 − 1), up to which whole numbers are exact; number anew${mayBeText ? ', or write these ids as texts in every file' : ''}`;
