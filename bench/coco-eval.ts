/**
 * Times COCO evaluation as a whole process, files read included, beside pycocotools and faster-coco-eval if Python has
 * them.
 *
 * Usage: npm run bench:eval -- [--python PATH] [--annotations FILE --detections FILE]; the files are for boxes
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeEvalData } from './coco-eval-data.ts';
import { median } from './contest.ts';

const { values } = parseArgs({
  options: { python: { type: 'string' }, annotations: { type: 'string' }, detections: { type: 'string' } },
});
const python = values.python ?? 'python3';
const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const ROUNDS = 3;

const script = (module: string, classes: string) => `
from ${module} import ${classes.split(' ')[0]} as COCO
from ${module === 'faster_coco_eval' ? 'faster_coco_eval' : 'pycocotools.cocoeval'} import ${classes.split(' ')[1]} as COCOeval
import sys
gt = COCO(sys.argv[1]); dt = gt.loadRes(sys.argv[2]); e = COCOeval(gt, dt, sys.argv[3])
e.evaluate(); e.accumulate(); e.summarize()
print('AP', repr(float(e.stats[0])))`;

interface Run {
  readonly seconds: number;
  /** Peak resident memory; 0 if the system does not report it. */
  readonly megabytes: number;
  readonly output: string;
}

/** Runs a program to its end; undefined if it fails. */
function timed(command: string, args: readonly string[]): Promise<Run | undefined> {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let [output, kilobytes] = ['', 0];
    const watch = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        kilobytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? kilobytes);
      } catch {}
    }, 20);
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => {
      clearInterval(watch);
      const seconds = (performance.now() - started) / 1000;
      resolve(code === 0 ? { seconds, megabytes: kilobytes / 1024, output } : undefined);
    });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'coco-eval-'));
try {
  for (const type of ['bbox', 'segm'] as const) {
    let { annotations, detections } = values;
    if (!annotations || !detections || type === 'segm') {
      [annotations, detections] = [join(folder, `${type}-gt.json`), join(folder, `${type}-dt.json`)];
      makeEvalData(type, annotations, detections);
    }
    const files = ['--annotations', annotations, '--detections', detections];
    const contestants: { name: string; command: string; args: string[]; rounds: number }[] = [
      {
        name: 'resnet-coco',
        command: process.execPath,
        args: [main, 'evaluate', 'coco', ...files, '--type', type, '--json'],
        rounds: ROUNDS,
      },
    ];
    for (const [module, classes] of [
      ['pycocotools.coco', 'COCO COCOeval'],
      ['faster_coco_eval', 'COCO COCOeval_faster'],
    ]) {
      const name = module.replace('.coco', '');
      if (await timed(python, ['-c', `import ${module}`])) {
        contestants.push({
          name,
          command: python,
          args: ['-c', script(module, classes), annotations, detections, type],
          rounds: 1,
        });
      } else console.log(`without ${name}: ${python} cannot import it`);
    }
    console.log(`\nCOCO evaluation, ${type}: whole process, files read included`);
    let first: number | undefined;
    const taken = new Map<string, number>();
    for (const { args, command, name, rounds } of contestants) {
      const runs: Run[] = [];
      for (let round = 0; round < rounds; round++) {
        const run = await timed(command, args);
        if (run) runs.push(run);
      }
      if (!runs.length) {
        console.log(`  ${name.padEnd(17)}  failed`);
        continue;
      }
      const seconds = median(runs.map((run) => run.seconds));
      first ??= seconds;
      taken.set(name, seconds);
      const [{ output }] = runs;
      const ap = /"AP": ([\d.e-]+)/.exec(output)?.[1] ?? /^AP ([\d.e-]+)/m.exec(output)?.[1];
      const megabytes = Math.max(...runs.map((run) => run.megabytes));
      console.log(
        `  ${name.padEnd(17)}  ${seconds.toFixed(2).padStart(6)} s  ${(seconds / first).toFixed(2).padStart(6)}×  ${megabytes.toFixed(0).padStart(5)} MB  AP ${ap}`,
      );
    }
    const [ours, theirs] = [taken.get('resnet-coco'), taken.get('pycocotools')];
    if (ours && theirs) console.log(`  ours / pycocotools  ${(ours / theirs).toFixed(3)}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
