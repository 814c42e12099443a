import { parseXml, XmlElement } from '@rgrove/parse-xml';
import type { CocoBox } from '../coco/coco-format.ts';
import { type Decimal, parseDecimal } from '../decimal.ts';
import type { LineFinding } from '../problems.ts';
import { fromVocBox, type VocBox, vocSides } from './voc-box.ts';

/** An object of a VOC file; its box is in COCO's form. */
export interface VocObject {
  /** The line of its box, counted from 1. */
  readonly line: number;
  readonly name: string;
  readonly bbox: CocoBox;
  readonly pose?: string;
  readonly truncated?: 1;
  readonly occluded?: 1;
  readonly difficult?: 1;
  /** Not part of VOC: we write it for COCO's crowds. */
  readonly iscrowd?: 1;
}

export interface VocFile {
  /** The image's file name with the white space around it, if the annotation has it. */
  readonly filename: string | undefined;
  /** Undefined when missing, or 0, as some tools write it. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly objects: readonly VocObject[];
}

const childrenOf = (element: XmlElement, name: string): XmlElement[] =>
  element.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element && childrenOf(element, name)[0];
const textOf = (element: XmlElement | undefined, name: string): string | undefined =>
  childOf(element, name)?.text.trim();
const flag = (element: XmlElement, name: string): boolean => textOf(element, name) === '1';

/** Parses whole pixels, written as `640` or `640.0`. */
function pixels(text: string | undefined): number | undefined {
  const value = Number(text);
  return text && Number.isInteger(value) && value > 0 ? value : undefined;
}

/** Lines of elements, counted from 1. */
function lineCounter(xml: string): (element: XmlElement) => number {
  const starts = [0];
  for (let at = xml.indexOf('\n'); at >= 0; at = xml.indexOf('\n', at + 1)) starts.push(at + 1);
  return ({ start }) => {
    let [line, after] = [0, starts.length];
    while (after - line > 1) {
      const middle = (line + after) >> 1;
      if (starts[middle] <= start) line = middle;
      else after = middle;
    }
    return line + 1;
  };
}

/** @throws Error with the reason and the place when the text is not a VOC annotation */
function rootOf(xml: string): XmlElement {
  let root: XmlElement | null;
  try {
    root = parseXml(xml, { includeOffsets: true }).root;
  } catch (cause) {
    if (cause instanceof RangeError) throw new Error('its elements are nested too deep', { cause });
    throw cause;
  }
  if (root?.name !== 'annotation') {
    throw new Error(`its outermost element is <${root?.name}>, not <annotation>: it is not a Pascal VOC file`);
  }
  return root;
}

/**
 * Reads a VOC annotation. Unusable objects are reported and left out.
 *
 * @throws Error with the reason and the place when the text is not XML or not a VOC annotation
 */
export function parseVoc(xml: string, onError: (found: LineFinding) => void): VocFile {
  const root = rootOf(xml);
  const lineOf = lineCounter(xml);
  const size = childOf(root, 'size');
  const objects: VocObject[] = [];
  for (const [index, element] of childrenOf(root, 'object').entries()) {
    const object = parseObject(element, lineOf, (found) =>
      onError({ ...found, field: `object[${index}].${found.field}` }),
    );
    if (object) objects.push(object);
  }
  for (const element of root.children) {
    if (!(element instanceof XmlElement) || element.name === 'object' || !holdsObjects(element)) continue;
    const message = 'objects are read only from <object> right below <annotation>; correct its name or place';
    onError({ line: lineOf(element), kind: 'wrong value', field: 'element', value: element.name, message });
  }
  return {
    filename: childOf(root, 'filename')?.text,
    width: pixels(textOf(size, 'width')),
    height: pixels(textOf(size, 'height')),
    objects,
  };
}

/** Whether an unread element looks like an object or a list of objects. */
const holdsObjects = (element: XmlElement): boolean =>
  element.name.toLowerCase() === 'object' ||
  element.children.some((child) => child instanceof XmlElement && /^(object|bndbox)$/i.test(child.name));

function parseObject(
  element: XmlElement,
  lineOf: (element: XmlElement) => number,
  onError: (found: LineFinding) => void,
): VocObject | undefined {
  const name = textOf(element, 'name')?.normalize();
  if (!name) {
    const message = 'each object needs the name of its category';
    onError({ line: lineOf(element), kind: 'missing field', field: 'name', value: name, message });
    return undefined;
  }
  const bndbox = childOf(element, 'bndbox');
  if (!bndbox) {
    const message = 'each object needs a <bndbox> with xmin, ymin, xmax and ymax';
    onError({ line: lineOf(element), kind: 'missing field', field: 'bndbox', value: undefined, message });
    return undefined;
  }
  const sides: Partial<Record<keyof VocBox, Decimal>> = {};
  for (const side of vocSides) {
    const text = textOf(bndbox, side);
    const value = parseDecimal(text ?? '');
    if (!value || !Number.isFinite(Number(text))) {
      const kind = text === undefined ? 'missing field' : 'wrong type';
      const message = 'it must be a number of pixels, counted from 1';
      onError({ line: lineOf(childOf(bndbox, side) ?? bndbox), kind, field: `bndbox.${side}`, value: text, message });
      return undefined;
    }
    sides[side] = value;
  }
  const pose = textOf(element, 'pose');
  return {
    line: lineOf(bndbox),
    name,
    bbox: fromVocBox(sides as VocBox),
    ...(pose && pose !== 'Unspecified' && { pose }),
    ...(flag(element, 'truncated') && { truncated: 1 }),
    ...(flag(element, 'occluded') && { occluded: 1 }),
    ...(flag(element, 'difficult') && { difficult: 1 }),
    ...(flag(element, 'iscrowd') && { iscrowd: 1 }),
  };
}
