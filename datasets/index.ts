/** What users import, and what rooms share besides. */

export { batched } from './batched.ts';
export { boxLabel, percent } from './box-label.ts';
export { clipBoxes, gatherBoxes, resizeBoxes, rowsWithArea, xywhToXyxy } from './boxes.ts';
export { type Decoder, decoders } from './decode.ts';
export { checkDetectionRecipe } from './detection-loader/check-recipe.ts';
export { classificationFingerprint, detectionFingerprint } from './fingerprint.ts';
export { inLockedFolder, lockFolder } from './folder-lock.ts';
export { textWidth } from './font.ts';
export type { LoadOptions } from './image-pool.ts';
export { type DecodingCost, decodingCost } from './image-size.ts';
export { inFlight } from './in-flight.ts';
export { scansProblem, USUAL_SCANS } from './jpeg-header.ts';
export { JsonArrayFile, JsonArrayWriter } from './json-array.ts';
export { checkRecipe } from './loader/check-recipe.ts';
export { categoryPaint } from './palette.ts';
export * from './public.ts';
export { sourceName } from './read-image.ts';
export { enlargement, shrunk } from './resize.ts';
export { detectionSize } from './transform.ts';
export { Turns } from './turns.ts';
export { makeFolder, removeUnfinished, WholeFile, writeWholeFile } from './whole-file.ts';
export { checkWithin } from './within-folder.ts';
