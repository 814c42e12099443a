import { embeddedModels } from '../../checkpoints/embedded-models.ts';
import { isHubName } from '../../checkpoints/hub/hub-name.ts';
import { ResnetCocoError } from '../../errors.ts';

/**
 * Loads a model. If it cannot be downloaded, the error names the models of the package, which need no network.
 *
 * @param flag the flag that names the model
 * @throws whatever `load` throws
 */
export async function offeringBundled<T>(
  task: 'classification' | 'detection',
  load: () => Promise<T>,
  flag = '--model',
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof ResnetCocoError && error.code === 'DOWNLOAD_FAILED')) throw error;
    // Who names a model of the hub wants that one; its errors begin with its name and have their own remedies.
    if (isHubName(error.message)) throw error;
    const names = await bundledModels(task);
    if (!names.length) throw error;
    const offer = names.map((name) => `${flag} ${name}`).join(' or ');
    const message = `${error.message}; without a network, use what comes with the package: ${offer}`;
    throw new ResnetCocoError(error.code, message, { cause: error });
  }
}

/** Names of the package's models of a task, the one for everyday photographs first. */
export async function bundledModels(task: 'classification' | 'detection'): Promise<string[]> {
  const { modelInfo } = await import('../../index.ts');
  const models = await Promise.all(
    [...embeddedModels()].map(async ([name, path]) => ({ name, ...(await modelInfo(path)) })),
  );
  return models.filter((model) => model.task === task).map(({ name }) => name);
}
