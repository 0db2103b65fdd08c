/**
 * A varve session that stays open, in a process of its own: what a notebook or a server feels. Started by
 * `warm.ts` with `fork`; answers one call at a time.
 */

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Varve } from '../src/index.ts'

export type Call =
  | { readonly do: 'sql'; readonly sql: string }
  | { readonly do: 'index'; readonly uri: string }

export interface Reply {
  readonly seconds?: number
  readonly error?: string
}

interface Library {
  createVarve(): Varve
}

const library = (await import(pathToFileURL(join(process.cwd(), 'dist', 'index.js')).href)) as Library
const varve = library.createVarve()

async function answer(call: Call): Promise<void> {
  if (call.do === 'index') {
    await (await varve.openFile(call.uri)).index({ force: true })
    return
  }
  for await (const _batch of (await varve.sql(call.sql)).batches);
}

process.on('message', async (call: Call) => {
  const began = process.hrtime.bigint()
  let reply: Reply
  try {
    await answer(call)
    reply = { seconds: Number(process.hrtime.bigint() - began) / 1e9 }
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) }
  }
  process.send?.(reply)
})
process.send?.({})
