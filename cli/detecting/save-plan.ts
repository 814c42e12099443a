import type { CocoCategory } from '../../datasets/index.ts';
import type { CategoryMatch, Detector } from '../../detection/index.ts';
import { type PlannedImage, refuseOverwriting } from '../../detection/results/detection-folder.ts';
import { imageIdsFromAnnotations, imageIdsFromNames, readAnnotatedSet } from '../../detection/results/image-ids.ts';
import { matchCategories } from '../../detection/results/match-categories.ts';
import type { Inputs } from '../input/inputs.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Where results are saved, and with which ids. */
export interface SavePlan {
  readonly out: string;
  readonly images: readonly PlannedImage[];
  /** A note for the user: how ids were found. */
  readonly note?: string;
  readonly annotations: string | undefined;
  /** The categories of the annotations. */
  readonly categories?: readonly CocoCategory[] | undefined;
}

/** Finds the image ids of the inputs. Called before the model is loaded, so that a wrong call fails early. */
export async function planSave(
  { files }: Inputs,
  { out, annotations, pictures }: { out: string; annotations: string | undefined; pictures: boolean },
): Promise<SavePlan> {
  const annotated = annotations === undefined ? undefined : readAnnotatedSet(annotations);
  const { ids, source, note } = annotated
    ? imageIdsFromAnnotations(
        files.map(({ file }) => file),
        annotated.images,
      )
    : imageIdsFromNames(files.map(({ name }) => name));
  const categories = annotated?.categories;
  const images = files.map(({ file, name }, i) => ({ file, name, id: ids[i] }));
  if (pictures) refuseOverwriting(out, images);
  if (source !== 'path order') return { out, images, annotations, categories };
  return {
    out,
    images,
    annotations,
    categories,
    note: `image ids are 1, 2, 3 … (${note}); images.json has the file of each id`,
  };
}

/** Matches the model's categories with those of the annotations. If none matches, results keep the model's ids. */
export function matchOf(
  { annotations, categories }: SavePlan,
  { config }: Detector,
  terminal: Terminal,
): CategoryMatch | undefined {
  if (!categories?.length || !annotations) return undefined;
  const match = matchCategories(config.categories, categories, annotations);
  if (match.ids.size) return match;
  terminal.note(`detections.json has the model's category ids, because ${annotations} has none of its categories`);
  return undefined;
}
