/**
 * How the user calls the program: through npx, if npx started it, because the shell may not find it by its name.
 *
 * @param environment as npm sets it
 */
export const ownCall = ({ npm_command }: NodeJS.ProcessEnv = process.env): string =>
  npm_command === 'exec' ? 'npx resnet-coco' : 'resnet-coco';
