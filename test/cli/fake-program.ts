/** A program of the command line's frame with commands made for the tests. Usage: node fake-program.js COMMAND */
import { setTimeout } from 'node:timers/promises';
import { command, noPositionals } from '../../cli/terminal/command.ts';
import { runProgram } from '../../cli/terminal/program.ts';
import { ResnetCocoError } from '../../errors.ts';
import { JsonArrayWriter } from '../../io/json/json-array.ts';

const plain = { summary: '', positionals: noPositionals, flags: {}, examples: [] };

const count = command({
  ...plain,
  summary: 'Counts until it is stopped.',
  flags: { until: { kind: 'integer', value: 'N', min: 0, default: 1e9, help: 'where to stop' } },
  details: ['A paragraph.'],
  examples: [['fake count --until 3', 'to three']],
  async run({ flags, terminal, signal }) {
    const array = new JsonArrayWriter((text) => terminal.write(text));
    const progress = terminal.startProgress('images', flags.until);
    terminal.note('counting');
    for (let i = 0; i < flags.until && !signal.aborted; i++) {
      await array.push({ i });
      await setTimeout(1);
    }
    progress.stop();
    await array.end();
    return 0;
  },
});

const load = <T>(value: T) => ({ summary: 'a command', load: async () => value });

await runProgram(
  {
    Commands: {
      count: load(count),
      own: load(
        command({
          ...plain,
          flags: { top: { kind: 'integer', value: 'N', help: 'a number' } },
          async run({ flags, terminal }) {
            await terminal.printJson(flags);
            return 0;
          },
        }),
      ),
      partly: load(command({ ...plain, run: async () => 1 })),
      wrong: load(
        command({
          ...plain,
          run: async () => {
            throw new ResnetCocoError('BAD_IMAGE', 'a.jpg: broken\n  at its end');
          },
        }),
      ),
      crash: load(
        command({
          ...plain,
          run: async () => {
            throw new TypeError('x is undefined');
          },
        }),
      ),
      stray: load(
        command({
          ...plain,
          run: async () => {
            void Promise.reject(new Error('nobody waits for this'));
            await setTimeout(1000);
            return 0;
          },
        }),
      ),
      saving: load(
        command({
          ...plain,
          run: async ({ terminal, signal }) => {
            terminal.note('started');
            while (!signal.aborted) await setTimeout(1);
            await setTimeout(300);
            await terminal.print('saved');
            return 0;
          },
        }),
      ),
      deaf: load(
        command({
          ...plain,
          run: async ({ terminal }) => {
            terminal.note('started');
            await setTimeout(20000);
            return 0;
          },
        }),
      ),
      abortable: load(
        command({
          ...plain,
          run: async ({ terminal, signal }) => {
            terminal.note('started');
            await setTimeout(20000, undefined, { signal });
            return 0;
          },
        }),
      ),
      flood: load(
        command({
          ...plain,
          run: async ({ terminal, signal }) => {
            while (!signal.aborted) await terminal.print('x'.repeat(1000));
            return 0;
          },
        }),
      ),
      group: { summary: 'a group', subcommands: { partly: load(command({ ...plain, run: async () => 1 })) } },
    },
  },
  process.argv.slice(2),
);
