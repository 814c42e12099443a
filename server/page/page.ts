import { enlargement } from '../../datasets/images/resize/viewing.ts';
import {
  type Classified,
  classify,
  type Detected,
  detect,
  hasRuntime,
  type Model,
  modelDetails,
  models,
  TokenWanted,
  useToken,
} from './ask.ts';
import { showClasses } from './classes.ts';
import { byId, element } from './elements.ts';
import { classifyHere, detectHere } from './here.ts';
import { categoryOf, describeObjects, onScore, shownObjects, showObjects } from './objects.ts';
import { loadRuntime } from './runtime.ts';
import { saveJson, savePicture } from './save.ts';
import { listenForPictures } from './sources.ts';

const [photo, figure] = [byId('photo', 'img'), byId('figure', 'figure')];
const [status, problem] = [byId('status', 'p'), byId('problem', 'p')];
const choice = { detect: byId('detector', 'select'), classify: byId('classifier', 'select') };
const here = byId('here', 'input');
const saves = [byId('save-picture', 'button'), byId('save-json', 'button')];
/** The page asks for all detections above this score once, so that moving the slider sends no request. */
const LEAST_SCORE = 0.05;

/** Networks with inputs up to this size were trained on thumbnails only, and guess wildly at photographs. */
const THUMBNAIL = 64;
/** The classifier of thumbnails. It is used for tiny images while no classifier is chosen. */
let ofThumbnails = '';

let picture: File | undefined;
let results: { detected?: Detected; classified?: Classified } = {};
let running = new AbortController();

function fail(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
  status.textContent = '';
  if (error instanceof TokenWanted) {
    byId('token-form', 'form').hidden = false;
    byId('token', 'input').focus();
  }
}

async function show(file: File): Promise<void> {
  picture = file;
  problem.hidden = true;
  const before = photo.src;
  photo.src = URL.createObjectURL(file);
  if (before) URL.revokeObjectURL(before);
  photo.alt = file.name;
  byId('drop', 'label').hidden = true;
  figure.hidden = false;
  showObjects(undefined);
  showClasses(undefined);
  await look();
}

/** Runs the chosen models on the image. */
async function look(): Promise<void> {
  if (!picture) return;
  const file = picture;
  running.abort();
  running = new AbortController();
  const { signal } = running;
  results = {};
  for (const button of saves) button.disabled = true;
  figure.classList.add('waiting');
  status.textContent = 'Looking…';
  try {
    const began = performance.now();
    const inBrowser = here.checked;
    const detector = choice.detect.value;
    const classifier = choice.classify.value || ((await isThumbnail(file)) ? ofThumbnails : '');
    const [detected, classified] = await Promise.all([
      detector && (inBrowser ? detectHere(file, detector, LEAST_SCORE) : detect(file, detector, LEAST_SCORE, signal)),
      classifier && (inBrowser ? classifyHere(file, classifier) : classify(file, classifier, signal)),
    ]);
    const hasJoints = detected ? detected.detections.some(({ keypoints }) => keypoints) : false;
    const { categories } = hasJoints ? (await modelDetails(detector)).config : {};
    if (signal.aborted) return;
    const milliseconds = Math.round(performance.now() - began);
    byId('timing', 'p').textContent = inBrowser
      ? `Computed in this browser (${(await loadRuntime()).device}) in ${milliseconds} ms. The image has not left it.`
      : `Answered in ${milliseconds} ms, with the transfer.`;
    results = { ...(detected ? { detected } : {}), ...(classified ? { classified } : {}) };
    showObjects(detected || undefined, categories);
    showClasses(classified || undefined);
    describe();
    for (const button of saves) button.disabled = false;
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
  if (!signal.aborted) figure.classList.remove('waiting');
}

async function isThumbnail(file: File): Promise<boolean> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  return bitmap !== undefined && Math.max(bitmap.width, bitmap.height) <= THUMBNAIL;
}

function describe(): void {
  const { classified, detected } = results;
  const parts = [detected ? describeObjects() : '', classified ? `Most like: ${classified.predictions[0].label}.` : ''];
  status.textContent = parts.join(' ').trim();
}

/** Fills the lists of models, and hides tasks without a model. */
function offer(all: readonly Model[]): void {
  for (const [task, select] of Object.entries(choice)) {
    const able = all.filter((model) => model.task === task);
    select.replaceChildren(...able.map(({ name }) => element('option', { value: name }, name)));
    if (task === 'classify' && all.length > able.length) offerNone(able);
    byId(task === 'detect' ? 'objects-panel' : 'classes-panel', 'div').hidden = !able.length;
    select.addEventListener('change', look);
  }
}

/** Offers to use no classifier. Beside a detector, a classifier of thumbnails sees photographs only if it is chosen. */
function offerNone(classifiers: readonly Model[]): void {
  const isSmall = ({ input_size = Infinity }: Model) => input_size <= THUMBNAIL;
  ofThumbnails = classifiers.find(isSmall)?.name ?? '';
  const text = ofThumbnails ? `${ofThumbnails}, for tiny images only` : 'none';
  choice.classify.prepend(element('option', { value: '' }, text));
  choice.classify.value = classifiers.find((model) => !isSmall(model))?.name ?? '';
}

async function begin(): Promise<void> {
  try {
    offer(await models());
    byId('token-form', 'form').hidden = true;
    problem.hidden = true;
    byId('here-row', 'label').hidden = !(await hasRuntime());
    await look();
  } catch (error) {
    fail(error);
  }
}

byId('token-form', 'form').addEventListener('submit', (event) => {
  event.preventDefault();
  useToken(byId('token', 'input').value);
  void begin();
});
saves[0].addEventListener('click', () => void savePicture(photo, shownObjects(), categoryOf, picture!.name));
saves[1].addEventListener('click', () => {
  const { classified, detected } = results;
  saveJson({ ...classified, ...(detected ? { ...detected, detections: shownObjects() } : {}) }, picture!.name);
});
photo.addEventListener('load', () => {
  const factor = enlargement({ width: photo.naturalWidth, height: photo.naturalHeight });
  photo.classList.toggle('small', factor > 1);
  photo.style.width = factor > 1 ? `${factor * photo.naturalWidth}px` : '';
});
here.addEventListener('change', look);
onScore(describe);
listenForPictures((file) => void show(file), fail);
void begin();
