/**
 * What a person types to call the program again: where npx called it, a shell may not know it by its name.
 * @param environment As npm sets it for what it runs
 */
export const ownCall = ({ npm_command }: NodeJS.ProcessEnv = process.env): string =>
  npm_command === 'exec' ? 'npx resnet-coco' : 'resnet-coco';
