/** What the parts of the command line's grammar share. */

import type { Command } from 'commander'
import { collect, collectPairs, parseNumber } from '../arguments.ts'
import type { Context } from '../context.ts'

export interface Grammar {
  readonly program: Command
  /** A new command, of the program or of a group of it. */
  add(name: string, summary: string, examples: string, group?: Command): Command
  /** What a command gets to act with. */
  context(command: Command): Context
}

const LIST_FORMATS = 'table, csv, json or jsonl (default: table)'

export const listed = (command: Command, formats = LIST_FORMATS): Command =>
  command.option('--format <format>', formats)

export const reported = (command: Command): Command => command.option('--format <format>', 'json or jsonl')

/** Options of what makes a version. */
export function commits(command: Command): Command {
  return reported(command)
    .optionsGroup('The new version:')
    .option('--label <label>', 'a name for the new version, which never moves')
    .option('-m, --message <text>', 'what was done, for the log')
    .option('--author <name>', 'who did it (default: VARVE_AUTHOR, else your name on this machine)')
    .optionsGroup('Options:')
}

/** Options that say which files of a version are meant. */
export function selects(command: Command): Command {
  return command
    .option('--where <sql>', 'a condition on the columns of files')
    .option('--param <name=value>', "a value for --where's $name; repeatable", collectPairs)
    .option('--filter <column=value>', 'a value, null, ["any", "of"] or {"gte": 5}; repeatable', collect)
    .option('--limit <n>', 'this many files at most', parseNumber)
}
