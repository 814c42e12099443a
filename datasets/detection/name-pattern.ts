import { ResnetCocoError } from '../../errors.ts';

/**
 * A regular expression for the names of images.
 *
 * @param option names the option in errors
 * @param example ends the error, such as `; such as …`
 * @throws ResnetCocoError USAGE when the text is no regular expression
 */
export function namePattern(pattern: string | RegExp, option: string, example = ''): RegExp {
  // Without these flags each name is searched from its start.
  if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  try {
    return new RegExp(pattern, 'u');
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^Invalid regular expression: /, '');
    throw new ResnetCocoError('USAGE', `\`${option}\` is no regular expression: ${reason}${example}`, { cause });
  }
}
