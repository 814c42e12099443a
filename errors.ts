/**
 * Every way in which a user's input can fail, by stable code. Scripts may branch on a code; messages may change.
 */
export const errorCodes = {
  USAGE: 'the call itself is wrong: an unknown command, flag or value',
  FILE_NOT_FOUND: 'a file or folder does not exist or cannot be read',
  FILE_NOT_WRITABLE: 'a file or folder cannot be written',
  BAD_IMAGE: 'an image is damaged, empty, too large or of an unknown format',
  BAD_CHECKPOINT: 'a weight file is damaged, truncated or not of a known format',
  UNSAFE_CHECKPOINT: 'a weight file asks for something that only running code could give',
  BAD_MODEL: 'weights and architecture do not fit, or the architecture cannot be told',
  UNKNOWN_MODEL: 'no model of that name is known',
  BAD_CONFIG: 'a setting of a model or a run has a wrong type or value',
  BAD_DATASET: 'annotations or a data set do not follow their format',
  BAD_RESULTS: 'detections or predictions do not follow their format',
  DOWNLOAD_FAILED: 'a file could not be fetched or its checksum differs',
  ENGINE_UNAVAILABLE: 'an engine or device is not installed or does not work here',
  UNSUPPORTED_OP: 'a tensor operation that an engine cannot run',
  DIVERGED: 'the loss or the weights of a training run are not finite',
  DISPOSED: 'a model was used after dispose()',
} as const;

/** The stable code of a `ResnetCocoError`. */
export type ErrorCode = keyof typeof errorCodes;

/** An error that a user can cause: its message names the file, field and value at fault, and what to do. */
export class ResnetCocoError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ResnetCocoError';
    this.code = code;
  }
}

/** The beginning of a text: names and values of a file may be of any length, and messages repeat them. */
export const shortened = (text: string, most = 200): string => (text.length > most ? `${text.slice(0, most)}…` : text);
