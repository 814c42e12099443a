/**
 * Runs every `*.test.js` of the build, each in a process of its own (tensor backends are global to a process), two at
 * a time, and closes with the line `N passed, N failed, N skipped`.
 *
 * Usage: node dist/test/run.js [PART-OF-A-PATH...]
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const CONCURRENCY = 2;

interface FileResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly output: string;
}

const root = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.js') && (!wanted.length || wanted.some((part) => file.includes(part))))
  .sort();

/** uvu closes a file's run with `Total:`, `Passed:` and `Skipped:` lines; a file without them crashed. */
function runFile(file: string): Promise<FileResult> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', '--expose-gc', join(root, file)], {
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code) => {
      const count = (label: string) => Number(output.match(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'm'))?.[1] ?? NaN);
      const [total, passed, skipped] = [count('Total'), count('Passed'), count('Skipped')];
      const crashed = Number.isNaN(total) || (code !== 0 && passed === total);
      resolve({
        passed: passed || 0,
        skipped: skipped || 0,
        failed: crashed ? 1 : total - passed,
        output,
      });
    });
  });
}

const results: FileResult[] = [];
const queue = [...files];
async function worker(): Promise<void> {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    const started = performance.now();
    const result = await runFile(file);
    results.push(result);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const skips = result.skipped ? `, ${result.skipped} skipped` : '';
    console.log(
      `${result.failed ? 'FAIL' : 'ok  '} ${relative('.', file)}: ${result.passed} passed${skips} (${seconds} s)`,
    );
    if (result.failed) console.log(result.output);
  }
}
await Promise.all(Array.from({ length: CONCURRENCY }, worker));

const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((total, result) => total + result[key], 0);
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
process.exitCode = sum('failed') || !files.length ? 1 : 0;
