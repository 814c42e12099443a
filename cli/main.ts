#!/usr/bin/env node
import { commands } from './commands.ts';
import { withReturnedMemory } from './returned-memory.ts';
import { runProgram } from './terminal/program.ts';

const args = process.argv.slice(2);
// The command that runs for weeks; its memory is to come back after each flood.
if (args[0] === 'serve') await withReturnedMemory();
await runProgram(commands, args);
