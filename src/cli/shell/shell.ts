/** The interactive shell: reads lines, runs statements as they end, and outlives their errors. */

import { createInterface, type Interface } from 'node:readline'
import type { Session } from '../../engine/types.ts'
import { isVarveError } from '../../errors.ts'
import type { Context } from '../context.ts'
import { print, printError } from '../report.ts'
import { type RunnerSettings, runStatement } from '../sql-runner.ts'
import type { Verbs } from '../verbs.ts'
import { version } from '../version.ts'
import { complete } from './completion.ts'
import { runCommand, type ShellState } from './dot-commands.ts'
import { HISTORY_SIZE, historyPath, loadHistory, saveHistory } from './history.ts'
import { type OpenPart, type Script, type ScriptItem, splitScript } from './statements.ts'

const PROMPT = 'varve> '

/** The prompt of a line that goes on, as wide as the first, says what is still open. */
const CONTINUED: Readonly<Record<OpenPart, string>> = {
  statement: '  ...> ',
  string: "  '..> ",
  identifier: '  "..> ',
  comment: '  *..> ',
  dollar: '  $..> ',
}

/** Runs until .quit or Ctrl-D. */
export async function shell(
  context: Context,
  verbs: Verbs,
  session: Session,
  settings: RunnerSettings,
): Promise<void> {
  const { io } = context
  const path = historyPath(io.env)
  const lines = new Queue<Script>()
  let pending = ''
  let running: AbortController | undefined
  const terminal = createInterface({
    input: io.stdin,
    output: io.stdout,
    terminal: true,
    history: loadHistoryOrSay(context, path),
    historySize: HISTORY_SIZE,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: Error | null, result: [string[], string]) => void) => {
      complete(session, pending, line).then(
        (result) => done(null, result),
        // Completing is a help; what is wrong with the statement is said when it runs.
        () => done(null, [[], line]),
      )
    },
  })
  const interrupt = (): void => {
    if (running !== undefined) {
      running.abort()
      return
    }
    pending = ''
    clearLine(terminal)
    terminal.setPrompt(PROMPT)
    terminal.prompt()
  }
  // What a line ends is known, and remembered, as it is typed: lines come while a statement runs, too.
  terminal.on('line', (line) => {
    pending += pending === '' ? dotted(line) : `${line}\n`
    const script = splitScript(pending, false)
    pending = script.open === undefined ? '' : script.rest
    rememberWhole(terminal, script.items)
    lines.push(script)
  })
  terminal.on('close', () => lines.end())
  terminal.on('SIGINT', interrupt)
  const restore = context.onInterrupt(interrupt)
  const terminate = (): void => {
    running?.abort()
    terminal.close()
  }
  context.signal.addEventListener('abort', terminate)

  const state: ShellState = {
    context,
    verbs,
    session,
    settings,
    done: false,
    runText: async (text) => runItems(splitScript(text, true).items),
  }
  const runItems = async (items: readonly ScriptItem[]): Promise<void> => {
    for (const { kind, text } of items) {
      if (state.done) return
      if (kind === 'command') await runCommand(state, text)
      else await runShown(state, text, (running ?? new AbortController()).signal)
    }
  }

  try {
    context.note(`varve ${version}: .help lists commands, statements end with ";"`)
    terminal.setPrompt(PROMPT)
    terminal.prompt()
    for await (const script of lines) {
      running = new AbortController()
      try {
        await runItems(script.items)
      } catch (error) {
        sayFailed(context, error)
      } finally {
        running = undefined
      }
      if (state.done) break
      terminal.setPrompt(script.open === undefined ? PROMPT : CONTINUED[script.open])
      terminal.prompt()
    }
    if (!state.done) await print(context, '\n')
  } finally {
    restore()
    context.signal.removeEventListener('abort', terminate)
    terminal.close()
    saveHistoryOrSay(context, path, terminal)
  }
}

async function runShown(state: ShellState, statement: string, signal: AbortSignal): Promise<void> {
  const { context, verbs, session, settings } = state
  const outcome = await runStatement(context, verbs, session, settings, statement, { show: true, signal })
  if (outcome.returns === 'changed' && outcome.changed !== undefined)
    context.note(`${outcome.changed} ${outcome.changed === 1 ? 'row' : 'rows'}`)
}

function sayFailed(context: Context, error: unknown): void {
  if (isVarveError(error, 'aborted')) context.io.stderr.write('varve: stopped\n')
  else printError(context.io, error, false)
}

/** Words that people type to leave or to be helped, in any shell, are no SQL: they get their dot. */
function dotted(line: string): string {
  const [, word] = /^\s*(exit|quit|help)\s*;?\s*$/i.exec(line) ?? []
  return word === undefined ? `${line}\n` : `.${word.toLowerCase()}\n`
}

/** Empties the line being typed, as shells do it: what was typed stays on the screen. */
function clearLine(terminal: Interface): void {
  terminal.write(null, { ctrl: true, name: 'e' })
  terminal.write(null, { ctrl: true, name: 'u' })
}

/** A statement typed over several lines is one entry of the history. */
function rememberWhole(terminal: Interface, items: readonly ScriptItem[]): void {
  const history = historyOf(terminal)
  for (const { text } of items) {
    const typed = text.split('\n')
    if (typed.length === 1 || /--|\/\*|\$\$/.test(text) || breaksInString(typed)) continue
    const newest = history.slice(0, typed.length).reverse()
    if (typed.some((line, i) => newest[i]?.trim() !== line.trim())) continue
    history.splice(0, typed.length, typed.map((line) => line.trim()).join(' '))
  }
}

/** Whether a line ends inside quotes: there a line break cannot become a space. */
function breaksInString(lines: readonly string[]): boolean {
  let quotes = 0
  return lines.slice(0, -1).some((line) => {
    quotes += line.match(/['"]/g)?.length ?? 0
    return quotes % 2 === 1
  })
}

/** readline's own list, newest first; documented only through its event. */
function historyOf(terminal: Interface): string[] {
  return (terminal as Interface & { history?: string[] }).history ?? []
}

function loadHistoryOrSay(context: Context, path: string): string[] {
  try {
    return loadHistory(path)
  } catch (error) {
    context.note(`varve: the history ${path} cannot be read: ${(error as Error).message}`)
    return []
  }
}

function saveHistoryOrSay(context: Context, path: string, terminal: Interface): void {
  try {
    saveHistory(path, historyOf(terminal))
  } catch (error) {
    context.note(`varve: the history ${path} cannot be written: ${(error as Error).message}`)
  }
}

/** What was typed, in the order it came; typing ahead while a statement runs is fine. */
class Queue<T> implements AsyncIterable<T> {
  private readonly waiting: T[] = []
  private ended = false
  private wake: (() => void) | undefined

  push(one: T): void {
    this.waiting.push(one)
    this.wake?.()
  }

  end(): void {
    this.ended = true
    this.wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const one = this.waiting.shift()
      if (one !== undefined) yield one
      else if (this.ended) return
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
    }
  }
}
