import { type Context, reportFormat } from '../context.ts'
import { print, stringify } from '../report.ts'
import { version } from '../version.ts'

export interface EngineFlags {
  readonly socket?: string
  readonly idle?: number
}

/** `varve engine [--socket PATH] [--idle SECONDS]`: in the foreground until Ctrl-C, SIGTERM or idleness. */
export async function engine(context: Context, { socket, idle }: EngineFlags): Promise<void> {
  const { signal } = context
  const format = reportFormat(context.options)
  const serving = await (await context.verbs()).engine({ socket, idleSeconds: idle, version })
  context.serves()
  const stop = (): void => void serving.stop()
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    const report = { socket: serving.socket, pid: process.pid }
    const json = stringify(report, format === 'json' ? 2 : undefined)
    await print(context, format === 'plain' ? `serving  ${serving.socket}\n` : `${json}\n`)
    await serving.ended
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
