import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../../models/', import.meta.url);
const EXTENSION = '.safetensors';

/** Models that come with the package, which trained them itself: by name, their files. Each has a card beside it. */
export function embeddedModels(): ReadonlyMap<string, string> {
  let files: string[];
  try {
    files = readdirSync(FOLDER).sort();
  } catch {
    return new Map();
  }
  return new Map(
    files
      .filter((file) => file.endsWith(EXTENSION))
      .map((file) => [file.slice(0, -EXTENSION.length), fileURLToPath(new URL(file, FOLDER))]),
  );
}
