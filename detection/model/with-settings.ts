/**
 * A configuration that tensors tell, with the settings of a dialect. Settings of a head count where there is that head.
 */
export function withSettings(
  inferred: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...inferred };
  for (const [field, value] of Object.entries(settings)) {
    const own = inferred[field];
    if (!isHead(value)) merged[field] = value;
    else if (isHead(own)) merged[field] = { ...own, ...value };
  }
  return merged;
}

const isHead = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
