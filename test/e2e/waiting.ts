/** Waiting for a moment in the life of another process. */

import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Resolves when `seen` says so. */
export async function until(seen: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(5)) if (seen()) return
  throw new Error(`waited in vain for ${what}`)
}

/** Resolves when the program is at its work: it has used 0.8 s of processor time. */
export async function busy(child: ChildProcess): Promise<void> {
  const ticks = async (): Promise<number> => {
    const text = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => '')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  }
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(10))
    if ((await ticks()) > 80) return
  throw new Error('the program did nothing')
}
