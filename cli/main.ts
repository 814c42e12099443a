#!/usr/bin/env node
import { commands } from './commands.ts';
import { withReturnedMemory } from './returned-memory.ts';
import { runProgram } from './terminal/program.ts';

const args = process.argv.slice(2);
// This command runs for weeks: memory must be returned after each burst of requests.
if (args[0] === 'serve') await withReturnedMemory();
await runProgram(commands, args);
