/** Words for settings of models and runs, on pages, cards and the terminal. */

import { percent } from '../../datasets/index.ts';
import { stepSettings } from '../optimization-fields.ts';
import { presentNames } from '../run-config.ts';
import { isShare, shown } from './training-names.ts';

/** A setting under a heading. */
export interface SettingRow {
  readonly group: string;
  readonly name: string;
  readonly value: string;
}

/** Headings in order, each with its settings. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Data: ['dataset', 'evaluated_on', 'usable'],
  Model: ['architecture', 'backbone', 'model', 'shortcut', 'stem', 'stride_on', 'init', 'freeze', 'zero_gamma'],
  'Epochs and batches': [
    ...['epochs', 'batch', 'accumulate', 'evaluate_every', 'seed', 'aspect_ratio_group_factor'],
    ...['epochs_done', 'steps', 'evaluation'],
  ],
  Optimization: [...stepSettings, 'label_smoothing'],
  Images: ['recipe', 'resize_size', 'interpolation', 'crop_mode', 'crop_rounding', 'channel_order'],
  'Region proposals and boxes in training': ['training'],
  Run: ['device', 'command'],
};
const OTHERS = 'Further settings';
const ORDER = [...Object.keys(GROUPS), OTHERS];

/** Words that differ from the name's, or have capitals. */
const NAMES: Readonly<Record<string, string>> = {
  dataset: 'trained on',
  optimizer: 'optimizer',
  init: 'begins from',
  ema: 'moving average',
  rate: 'learning rate',
  p: 'probability',
};
const WORDS: Readonly<Record<string, string>> = {
  ...{ rpn: 'RPN', fpn: 'FPN', nms: 'NMS', iou: 'IoU', roi: 'RoI' },
  ...{ fg: 'foreground', bg: 'background', thresh: 'threshold', img: 'image' },
  ...{ num: 'number of', optimizer: 'optimizer' },
};

/** A setting's name in words, such as `RPN foreground IoU threshold` for `rpn_fg_iou_thresh`. */
export const settingName = (name: string): string =>
  NAMES[name] ??
  name
    .replace('pre_nms_top_n', 'proposals_before_nms')
    .replace('post_nms_top_n', 'proposals_after_nms')
    .replace(/([a-z])([A-Z])/g, (_, before, after) => `${before} ${after.toLowerCase()}`)
    .split('_')
    .map((word) => WORDS[word] ?? word)
    .join(' ');

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** How many names of a list are shown before the rest is counted. */
const LISTED = 12;

/** A value in words, on one line. */
export function settingValue(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  if (Array.isArray(value)) return listInWords(value);
  if (!isFields(value))
    return String(value).replaceAll('_', typeof value === 'string' && /^[a-z_]+$/.test(value) ? ' ' : '_');
  const { kind, ...rest } = value;
  const fields = Object.entries(rest).map(([name, inner]) => `${settingName(name)} ${settingValue(inner)}`);
  if (kind === undefined) return fields.join('; ') || 'none';
  return settingValue(kind) + (fields.length ? ` (${fields.join('; ')})` : '');
}

function listInWords(list: readonly unknown[]): string {
  if (!list.length) return 'none';
  if (list.every((item) => isFields(item) && typeof item.name === 'string' && !('value' in item))) {
    const names = list.map((item) => String((item as Fields).name));
    const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
    return `${names.length}: ${names.slice(0, LISTED).join(', ')}${more}`;
  }
  return list.map(settingValue).join(list.some((item) => typeof item === 'object') ? '; ' : ', ');
}

/** A command as a user types it. */
export function commandLine(flags: Fields): string {
  return Object.entries(flags)
    .map(([name, value]) => {
      if (value === false) return `--no-${name}`;
      return value === true ? `--${name}` : `--${name} ${value}`;
    })
    .join(' ');
}

function rowsOf(group: string, name: string, value: unknown): SettingRow[] {
  if (name === 'command' && isFields(value)) return [{ group, name: 'flags', value: commandLine(value) }];
  if (name === 'evaluation' && isFields(value)) {
    const measured = Object.entries(value).map(([measure, its]) =>
      isShare(measure) ? `${shown(measure)} ${percent(Number(its))}` : `${shown(measure)} ${settingValue(its)}`,
    );
    return [{ group, name, value: measured.join(', ') }];
  }
  if (name === 'dataset' || name === 'evaluated_on') {
    return [{ group, name: settingName(name), value: settingValue(value) }];
  }
  if (!isFields(value)) return [{ group, name: settingName(name), value: settingValue(value) }];
  return Object.entries(value).flatMap(([inner, its]) => rowsOf(group, inner === 'kind' ? name : inner, its));
}

/** All settings, one a row, by their headings. Those of older runs go by the names of today. */
export function settingRows(settings: Fields): SettingRow[] {
  const groupOf = (name: string) => ORDER.find((group) => GROUPS[group]?.includes(name)) ?? OTHERS;
  return Object.entries(presentNames(settings))
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => rowsOf(groupOf(name), name, value))
    .sort((a, b) => ORDER.indexOf(a.group) - ORDER.indexOf(b.group));
}
