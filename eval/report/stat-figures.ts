import { percent } from '../../datasets/index.ts';
import type { DetectionAnalysis } from '../analysis/detection-analysis.ts';
import type { Figure } from './page.ts';

/** Explanations of COCO's numbers. */
const NOTES: Readonly<Record<string, (measure: string) => string>> = {
  AP: (measure) => `average precision, mean over ${measure} 0.5 to 0.95`,
  AP50: (measure) => `average precision at ${measure} 0.5`,
  AP75: (measure) => `average precision at ${measure} 0.75`,
  APs: () => 'AP of small objects, below 32² pixels',
  APm: () => 'AP of medium objects, 32² to 96² pixels',
  APl: () => 'AP of large objects, above 96² pixels',
  AR: (measure) => `recall, mean over ${measure} 0.5 to 0.95`,
  AR50: (measure) => `recall at ${measure} 0.5`,
  AR75: (measure) => `recall at ${measure} 0.75`,
  AR1: () => 'recall with 1 detection per image and category',
  AR10: () => 'recall with 10 detections',
  AR100: () => 'recall with 100 detections',
  ARs: () => 'recall of small objects',
  ARm: () => 'recall of medium objects',
  ARl: () => 'recall of large objects',
};

/** COCO's twelve numbers, ten for keypoints. */
export const headline = ({ stats }: DetectionAnalysis, measure: string): Figure[] =>
  Object.entries(stats).map(([label, value]) => ({
    label,
    value: value < 0 ? '–' : percent(value),
    note: NOTES[label]?.(measure) ?? '',
  }));
