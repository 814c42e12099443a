import { join } from 'node:path';
import { escapeHtml } from '../../../io/html.ts';
import { writeWholeFile } from '../../../io/whole-file.ts';
import type { CocoAnnotation, CocoCategory, CocoDataset, CocoImage } from '../coco/coco-format.ts';
import { pointsOf, polygonsOf } from '../coco/points.ts';
import { portablePath } from '../file-finder.ts';
import { byImage } from '../output-folder.ts';

/** How tasks name their images: as files of Label Studio's local storage, whose root is the folder of these files. */
const LOCAL_FILES = '/data/local-files/?d=images/';

/** What a project's labeling interface calls its parts; results name them. */
const [IMAGE, BOXES, POLYGONS, JOINTS] = ['image', 'box', 'polygon', 'keypoint'];

/**
 * Writes Label Studio's files: `tasks.json`, to import, with a prediction for each image, and `labels.xml`, the labeling
 * interface that it needs. An object is a rectangle or, with polygons, these; places are in percent of the image.
 *
 * @param model the name of the model, as the version of the predictions
 * @throws ResnetCocoError FILE_NOT_WRITABLE when a file cannot be written
 */
export async function writeLabelStudio(folder: string, dataset: CocoDataset, model: string): Promise<void> {
  const categories = new Map(dataset.categories.map((category) => [category.id, category]));
  const annotations = byImage(dataset);
  const tasks = dataset.images.map((image, place) => {
    const objects = annotations.get(image.id) ?? [];
    const result = objects.flatMap((object, i) =>
      regionsOf(object, categories.get(object.category_id)!, image, `${i}`),
    );
    const scores = objects.flatMap(({ score }) => score ?? []);
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const prediction = { model_version: model, ...(scores.length && { score: mean }), result };
    const url = `${LOCAL_FILES}${portablePath(image.file_name).split('/').map(encodeURIComponent).join('/')}`;
    return { id: place + 1, data: { [IMAGE]: url }, predictions: [prediction] };
  });
  await writeWholeFile(join(folder, 'labels.xml'), interfaceOf(dataset));
  await writeWholeFile(join(folder, 'tasks.json'), `${JSON.stringify(tasks, null, 1)}\n`);
}

function regionsOf(
  { bbox, keypoints = [], score, segmentation }: CocoAnnotation,
  category: CocoCategory,
  { height, width }: CocoImage,
  id: string,
): object[] {
  const [across, down] = [(x: number) => (100 * x) / width, (y: number) => (100 * y) / height];
  const region = (part: string, from: string, type: string, value: object) => ({
    ...{ id: `${id}${part}`, from_name: from, to_name: IMAGE, type },
    ...{ original_width: width, original_height: height, image_rotation: 0 },
    ...{ value, ...(score !== undefined && { score }) },
  });
  const polygons = polygonsOf(segmentation);
  const [x, y, w, h] = bbox;
  const box = { x: across(x), y: down(y), width: across(w), height: down(h), rotation: 0 };
  const shapes = polygons.length
    ? polygons.map((polygon, i) => {
        const points = pointsOf(polygon, 2).map(([u, v]) => [across(u), down(v)]);
        return region(`-${i}`, POLYGONS, 'polygonlabels', { points, polygonlabels: [category.name] });
      })
    : [region('', BOXES, 'rectanglelabels', { ...box, rectanglelabels: [category.name] })];
  const joints = pointsOf(keypoints, 3).flatMap(([u, v], joint) => {
    const name = category.keypoints?.[joint] ?? `keypoint ${joint + 1}`;
    const value = { x: across(u), y: down(v), width: 0.5, keypointlabels: [name] };
    return keypoints[3 * joint + 2] > 0 ? [region(`-joint${joint}`, JOINTS, 'keypointlabels', value)] : [];
  });
  return [...shapes, ...joints];
}

/** The labeling interface of a project into which the tasks are imported. */
function interfaceOf({ annotations, categories }: CocoDataset): string {
  const labels = (names: Iterable<string>) =>
    [...names].map((name) => `    <Label value="${escapeHtml(name)}"/>\n`).join('');
  const part = (tag: string, name: string, names: Iterable<string>) =>
    `  <${tag} name="${name}" toName="${IMAGE}">\n${labels(names)}  </${tag}>\n`;
  const names = categories.map(({ name }) => name);
  const joints = new Set(categories.flatMap(({ keypoints = [] }) => keypoints));
  const hasPolygons = annotations.some(({ segmentation }) => Array.isArray(segmentation));
  return [
    `<View>\n  <Image name="${IMAGE}" value="$${IMAGE}"/>\n`,
    part('RectangleLabels', BOXES, names),
    hasPolygons ? part('PolygonLabels', POLYGONS, names) : '',
    joints.size ? part('KeyPointLabels', JOINTS, joints) : '',
    '</View>\n',
  ].join('');
}
