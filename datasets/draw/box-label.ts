/**
 * The words of boxes, alike in drawn pictures and on every page. Single files of HTML hold the source of these
 * functions in their scripts, so that each uses nothing but its arguments.
 */

/** A share in percent, as all pages have it: `52.3 %`. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** What stands over a box: `person 98 %`; of ground truth, which has no score, the category alone. */
export function boxLabel(label: string, score?: number): string {
  return score === undefined ? label : `${label} ${Math.round(100 * score)} %`.trim();
}
