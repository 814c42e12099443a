import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type EngineName, engineNames } from './engine.ts';
import type { ProbeResult } from './probe.ts';

/** Whether one engine works on this machine. */
export type EngineReport = ProbeResult & { readonly engine: EngineName };

/** A driver that does not answer within this time does not work. */
const TIMEOUT_MS = 60_000;

/** Tries every engine in its own process. Reports which engines work, and why the others do not. */
export async function examineEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const engine of engineNames) reports.push({ engine, ...(await probe(engine)) });
  return reports;
}

function probe(engine: EngineName): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const script = fileURLToPath(new URL('./probe.js', import.meta.url));
    const child = spawn(process.execPath, [script, engine], { timeout: TIMEOUT_MS, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (errors += chunk));
    child.on('close', (code, signal) => {
      const line = output.split('\n').find((candidate) => candidate.startsWith('{"works"'));
      if (line) return resolve(JSON.parse(line) as ProbeResult);
      const lastLine = errors.trim().split('\n').pop();
      return resolve({
        works: false,
        reason: `the process ended with ${signal ?? `code ${code}`}${lastLine ? `: ${lastLine}` : ''}`,
      });
    });
  });
}
