import { readFileSync } from 'node:fs';

/** Whether this machine's CPU multiplies bytes faster than floats. */
export interface Int8Support {
  /** Undefined where it cannot be told. */
  readonly fast: boolean | undefined;
  /** For people: what it has, or what it lacks. */
  readonly detail: string;
}

/** Flags of processors that multiply bytes and add the products in one instruction, as Linux calls them. */
const DOT_PRODUCTS = ['avx512_vnni', 'avx_vnni', 'avx_vnni_int8', 'amx_int8', 'asimddp', 'i8mm', 'svei8mm'];

/** @param cpuinfo the text of Linux's `/proc/cpuinfo`, if there is one */
export function int8Support(cpuinfo: string | undefined = readCpuinfo()): Int8Support {
  const line = /^(?:flags|features)\s*:(.*)$/im.exec(cpuinfo ?? '')?.[1];
  if (line === undefined)
    return { fast: undefined, detail: 'unknown: this system does not list instructions of its CPU' };
  const flags = new Set(line.trim().split(/\s+/));
  const found = DOT_PRODUCTS.filter((flag) => flags.has(flag));
  if (found.length) return { fast: true, detail: `fast (${found.join(', ')})` };
  const lacks = 'the CPU has no dot products of bytes (VNNI, AMX or their like on ARM)';
  return { fast: false, detail: `may not help: ${lacks}; it can be slower than single precision here` };
}

function readCpuinfo(): string | undefined {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return undefined;
  }
}
