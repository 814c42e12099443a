/**
 * Labels of boxes, the same in drawn pictures and on pages. HTML files contain the source of these functions in their
 * scripts, so each uses only its arguments.
 */

/** A share in percent, as on all pages: `52.3 %`. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** The label of a box: `person 98 %`; for ground truth, which has no score, only the category. */
export function boxLabel(label: string, score?: number): string {
  return score === undefined ? label : `${label} ${Math.round(100 * score)} %`.trim();
}
