import type { CocoAnnotation, CocoDataset } from './coco/coco-format.ts';
import type { DetectionSource, FoundDataset } from './detection-source.ts';
import type { FormatOptions } from './output-folder.ts';
import type { ProblemList } from './problems.ts';

/** A format of annotations; `formats.ts` lists them all. */
export interface DatasetFormat {
  /** What the format is recognized by, for errors: `Pascal VOC's XML files`. */
  readonly looksFor: string;
  /** Whether a folder has this format's layout; called before its files are looked at. */
  readonly hasLayout?: (folder: string) => Promise<boolean>;
  /** Extension of annotation files in a folder without a layout, such as `xml`. */
  readonly ending?: string;
  /** Its files of annotations in a folder that was taken for another format: they are told of, as they are not read. */
  readonly filesIn: (folder: string) => Promise<readonly string[]>;
  /** Extensions of a single file that names the whole data set. */
  readonly fileEndings: readonly string[];
  /** First characters of such a file, if its extension is unknown. */
  readonly fileStarts?: readonly string[];
  /** Whether annotations state the images' sizes, which can then be compared with the files. */
  readonly statesSizes: boolean;
  /** Reads a data set; the reader and its parser are loaded when needed. */
  readonly read: (source: DetectionSource, problems: ProblemList) => Promise<FoundDataset>;
  readonly write: (out: string, dataset: CocoDataset, options: FormatOptions) => Promise<void>;
  /** Whether the format is written as a folder of many files. */
  readonly isFolder: boolean;
  /** The folder for copies of the images. */
  readonly imageFolder: (out: string) => string;
  /** What the format cannot store, with counts, such as `12 masks`. */
  readonly lost: (annotations: readonly CocoAnnotation[]) => readonly string[];
  /** Whether an annotation is left out as a whole. */
  readonly omits?: (annotation: CocoAnnotation) => boolean;
}
