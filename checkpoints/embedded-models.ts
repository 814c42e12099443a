import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../models/', import.meta.url);
const EXTENSION = '.safetensors';

/** The detector that the package offers for everyday photographs. */
const EVERYDAY = 'coco-mini-resnet18-fpn';

/**
 * Files of the models that come with the package and were trained with it, by name. The one for everyday photographs is
 * first. Each has a card beside it.
 */
export function embeddedModels(): ReadonlyMap<string, string> {
  let files: string[];
  try {
    const isOther = (file: string) => Number(file !== `${EVERYDAY}${EXTENSION}`);
    files = readdirSync(FOLDER).sort((a, b) => isOther(a) - isOther(b) || (a < b ? -1 : 1));
  } catch {
    return new Map();
  }
  return new Map(
    files
      .filter((file) => file.endsWith(EXTENSION))
      .map((file) => [file.slice(0, -EXTENSION.length), fileURLToPath(new URL(file, FOLDER))]),
  );
}
