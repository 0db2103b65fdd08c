/** Scans for other processes. */

import type { Command } from 'commander'
import { parseNumber } from '../arguments.ts'
import type { EngineFlags } from '../commands/engine.ts'
import { type Grammar, reported } from './grammar.ts'

export function engineCommands({ add, context }: Grammar): void {
  reported(add('engine', 'serve scans to other programs of yours, over a socket', ENGINE_EXAMPLES))
    .option('--socket <path>', 'where (default: VARVE_ENGINE, else in your runtime folder)')
    .option('--idle <seconds>', 'end after so long without a client (default: never)', parseNumber)
    .action(async (flags: EngineFlags, command: Command) =>
      (await import('../commands/engine.ts')).engine(context(command), flags),
    )
}

const ENGINE_EXAMPLES = `  varve engine
  varve engine --socket /run/user/1000/varve/engine.sock --idle 600`
