import { Command } from 'commander';
import { addStorageCommands } from './storage.ts';

/** The part of the `radio` command that moves bytes, without the station. */
export function createProgram(): Command {
  const program = new Command('radio').exitOverride();
  addStorageCommands(program);
  return program;
}
