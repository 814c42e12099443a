import { join } from 'node:path';
import { makeFolder, WholeFile } from '../../io/whole-file.ts';

/**
 * Writes the files of a report, all or none: no file is moved into place before all are written. Makes the folder if it
 * is missing.
 *
 * @param files contents by name
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written
 */
export async function writeReport(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await makeFolder(folder);
  const begun: WholeFile[] = [];
  try {
    for (const [name, content] of Object.entries(files)) {
      const file = await WholeFile.create(join(folder, name));
      begun.push(file);
      await file.write(content);
    }
    for (const file of begun) await file.commit();
  } catch (error) {
    await Promise.all(begun.map((file) => file.discard()));
    throw error;
  }
}
