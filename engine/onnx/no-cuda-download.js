/**
 * npm runs this before the install scripts of the dependencies. onnxruntime-node's script downloads the CUDA libraries
 * from a server other than npm's, and the installation fails if that server cannot be reached. The script skips files
 * that exist, so this one creates empty files in their place. Nothing loads them until CUDA is asked for.
 *
 * To install CUDA, set `ONNXRUNTIME_NODE_INSTALL=cuda12` at the installation, or later with `npm rebuild
 * onnxruntime-node`. The real files then replace the empty ones.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LIBRARIES = ['cuda', 'shared', 'tensorrt'].map((provider) => `libonnxruntime_providers_${provider}.so`);

const { npm_config_onnxruntime_node_install: setting, ONNXRUNTIME_NODE_INSTALL: variable } = process.env;
if (process.platform === 'linux' && process.arch === 'x64' && !setting && !variable) {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const binaries = join(folder, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', 'linux', 'x64');
    if (!existsSync(binaries)) continue;
    for (const library of LIBRARIES.map((name) => join(binaries, name))) {
      if (!existsSync(library)) writeFileSync(library, '');
    }
    break;
  }
}
