/** The names of logged values as pages show them: `top-1`, `learning rate`. */
export const shown = (name: string): string => ({ top1: 'top-1', top5: 'top-5' })[name] ?? name.replaceAll('_', ' ');

/** Names of accuracies, which are in 0–1. */
export const isShare = (name: string): boolean => /^(top\d+|A[PR].*|F1|precision|recall|best_score)$/.test(name);
