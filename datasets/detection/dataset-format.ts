import type { CocoAnnotation, CocoDataset } from './coco/coco-format.ts';
import type { DetectionSource, FoundDataset } from './detection-source.ts';
import type { ListOptions } from './output-folder.ts';
import type { ProblemList } from './problems.ts';

/** What there is to know of a format of annotations; `formats.ts` lists them all. */
export interface DatasetFormat {
  /** What a reader looks for in a folder, for errors: `Pascal VOC's XML files`. */
  readonly looksFor: string;
  /** Whether a folder has the layout of this format, before any look at the files in it. */
  readonly hasLayout?: (folder: string) => Promise<boolean>;
  /** Ending of the annotation files in a folder without a layout of its own, such as `xml`. */
  readonly ending?: string;
  /** Endings of a file that stands for the whole data set. */
  readonly fileEndings: readonly string[];
  /** First characters of such a file, where its ending tells nothing. */
  readonly fileStarts?: readonly string[];
  /** Whether sizes of images are stated, so that they can be compared with the files. */
  readonly statesSizes: boolean;
  /** Reads a data set; loaded when it is needed, with the parser that it takes. */
  readonly read: (source: DetectionSource, problems: ProblemList) => Promise<FoundDataset>;
  readonly write: (out: string, dataset: CocoDataset, options: ListOptions) => Promise<void>;
  /** Whether it is written as a folder of many files. */
  readonly isFolder: boolean;
  /** Where images are copied to beside what is written. */
  readonly imageFolder: (out: string) => string;
  /** What it has no place for, with counts, such as `12 masks`. */
  readonly lost: (annotations: readonly CocoAnnotation[]) => readonly string[];
  /** Annotations that are left out as a whole. */
  readonly omits?: (annotation: CocoAnnotation) => boolean;
}
