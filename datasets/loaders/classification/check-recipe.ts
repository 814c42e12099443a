import * as v from 'valibot';
import { ResnetCocoError, shortened } from '../../../errors.ts';
import { problemOf } from '../../../io/config.ts';
import type { Recipe } from './recipe.ts';
import { recipeSchema } from './recipe-schema.ts';

/**
 * Checks a recipe, which may come from a file.
 *
 * @throws ResnetCocoError BAD_CONFIG when a field is wrong; names the field and its value
 */
export function checkRecipe(value: unknown): Recipe {
  const parsed = v.safeParse(recipeSchema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = v.getDotPath(issue);
  const shown =
    field && issue.input !== undefined
      ? `${field} is ${shortened(`${JSON.stringify(issue.input)}`)}: `
      : field
        ? `${field}: `
        : '';
  throw new ResnetCocoError('BAD_CONFIG', `recipe: ${shown}${problemOf(issue)}`);
}
