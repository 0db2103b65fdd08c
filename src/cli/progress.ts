import type { Progress } from '../scan/types.ts'
import type { Context } from './context.ts'

/** Work shorter than this shows no bar, in milliseconds. */
const PATIENCE = 1000

export interface ProgressBar {
  update(progress: Progress): void
  /** Takes the bar off the screen, so that something else can be printed. */
  clear(): void
  stop(): void
}

const SILENT: ProgressBar = { update: () => {}, clear: () => {}, stop: () => {} }

/** Work that counts something else than bytes: `{ label: 'gc', of: 'objects' }`. */
export type Work = string | { readonly label: string; readonly of: string }

/** A bar on stderr for work of more than a second; none when stderr is no terminal, or with `--quiet`. */
export function progressBar(context: Context, work: Work): ProgressBar {
  const { label, of } = typeof work === 'string' ? { label: work, of: undefined } : work
  const { stderr } = context.io
  if (stderr.isTTY !== true || context.options.quiet === true) return SILENT
  const began = performance.now()
  let last: Progress | undefined
  let stopped = false
  let bar: import('cli-progress').SingleBar | undefined
  const start = async (): Promise<void> => {
    const { default: progress } = await import('cli-progress')
    if (stopped || last === undefined) return
    bar = new progress.SingleBar({
      stream: stderr as NodeJS.WriteStream,
      format: `${label} {bar} {percentage}% | {shown} | {rate}/s | {eta_formatted}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 30,
    })
    bar.start(Math.max(last.total, 1), last.done, payload(last, began, of))
  }
  const timer = setTimeout(() => void start(), PATIENCE)
  timer.unref()
  return {
    update: (now) => {
      last = now
      bar?.setTotal(Math.max(now.total, 1))
      bar?.update(now.done, payload(now, began, of))
    },
    clear: () => {
      stopped = true
      bar?.stop()
      bar = undefined
    },
    stop: () => {
      stopped = true
      clearTimeout(timer)
      bar?.stop()
      bar = undefined
    },
  }
}

function payload({ done, total }: Progress, began: number, of: string | undefined): Record<string, string> {
  const perSecond = (done / (performance.now() - began)) * 1000
  if (of === undefined)
    return { shown: `${bytesText(done)} of ${bytesText(total)}`, rate: bytesText(perSecond) }
  const number = (value: number): string => Math.round(value).toLocaleString('en-US')
  return { shown: `${number(done)} of ${number(total)} ${of}`, rate: number(perSecond) }
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1.5 MiB`, `17 B`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024
  return `${unit === 0 ? value.toFixed(0) : value.toFixed(value < 10 ? 2 : 1)} ${UNITS[unit]}`
}
