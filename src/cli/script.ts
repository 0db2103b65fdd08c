/** Statements that come all at once: from -c, a file or a pipe. The first error ends them. */

import type { Session } from '../engine/types.ts'
import { VarveError } from '../errors.ts'
import type { Context } from './context.ts'
import { print } from './report.ts'
import { runCommand, type ShellState } from './shell/dot-commands.ts'
import { parameterNames, type Script, splitScript } from './shell/statements.ts'
import { type RunnerSettings, runStatement } from './sql-runner.ts'
import type { Verbs } from './verbs.ts'

export async function runScript(
  context: Context,
  verbs: Verbs,
  session: Session,
  settings: RunnerSettings,
  text: string,
): Promise<void> {
  const { items } = splitScript(text, true)
  const statements = items.filter(({ kind }) => kind === 'statement')
  checkParams(
    statements.map((item) => item.text),
    settings,
  )
  if (statements.length === 0 && settings.path !== undefined)
    throw new VarveError('invalid-input', 'there is no statement whose rows could be written')
  // Also an empty script leaves a document that a JSON reader takes.
  if (statements.length === 0 && settings.format === 'json') await print(context, '[]\n')
  const run = async (script: Script): Promise<void> => {
    const last = script.items.findLastIndex(({ kind }) => kind === 'statement')
    for (const [i, { kind, text: item }] of script.items.entries()) {
      if (state.done) return
      if (kind === 'command') await runCommand(state, item)
      else await runOne(state, item, i === last)
    }
  }
  const state: ShellState = {
    context,
    verbs,
    session,
    settings,
    done: false,
    runText: (included) => run(splitScript(included, true)),
  }
  await run({ items, rest: '', open: undefined })
}

async function runOne(state: ShellState, statement: string, last: boolean): Promise<void> {
  const { context, verbs, session, settings } = state
  // One document holds one result; tables can stand below each other.
  const show = last || (settings.format === 'table' && settings.path === undefined)
  const outcome = await runStatement(context, verbs, session, settings, statement, {
    show,
    signal: context.signal,
  })
  if (!show && outcome.returns === 'rows' && outcome.rows > 0) {
    const rows = outcome.rows === 1 ? '1 row' : `${outcome.rows} rows`
    context.note(`varve: ${rows} of an earlier statement left out: ${settings.format} holds one result`)
  }
}

/** A parameter that no statement names is a mistake, most likely in its name. */
function checkParams(statements: readonly string[], { params }: RunnerSettings): void {
  const named = new Set(statements.flatMap((statement) => [...parameterNames(statement)]))
  for (const name of Object.keys(params)) {
    if (named.has(name)) continue
    const expected = [...named].map((known) => `$${known}`).join(', ') || 'no parameter at all'
    throw new VarveError(
      'invalid-input',
      `--param ${name}: no statement has $${name}, expected ${expected}`,
      {
        name,
      },
    )
  }
}
