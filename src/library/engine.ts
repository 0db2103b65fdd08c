/** The engine that other processes of this user ask for scans, as a verb. */

import { type LakeFiles, type Serving, serveEngine, socketPath } from '../bridge/index.ts'
import { createCatalog } from '../catalog/index.ts'
import { openLake } from '../lake/open.ts'
import { WorkerPool } from '../scan/pool.ts'
import { createScanService } from '../scan/service.ts'
import type { ScanService } from '../scan/types.ts'
import { createLakeFiles } from './lake-files.ts'

export type { Serving }

export interface EngineOptions {
  /** Default `VARVE_ENGINE`, else `engine.sock` in this user's runtime folder. */
  readonly socket?: string | undefined
  /** Seconds without a client after which it ends; default: never. */
  readonly idleSeconds?: number | undefined
  /** The lake of clients that name none. */
  readonly lake: string
  readonly jobs?: number | undefined
  readonly version: string
  readonly warn?: ((message: string) => void) | undefined
}

/** Serves scans at a socket; `conflict` where an engine does already, `denied` where others could reach it. */
export async function startEngine({
  socket = socketPath(),
  jobs,
  warn,
  lake,
  ...options
}: EngineOptions): Promise<Serving> {
  // One pool for all clients: its threads are started once, and their code stays warm.
  const pool = new WorkerPool(jobs)
  const open = (url = lake): ScanService => {
    const { functions, names } = createCatalog(openLake(url))
    return createScanService({ lake: url, pool, warn, functions, names })
  }
  const openFiles = (url = lake): LakeFiles => createLakeFiles(openLake(url))
  try {
    const serving = await serveEngine({ ...options, socket, open, openFiles })
    const ended = serving.ended.then(() => pool.close())
    return { ...serving, ended }
  } catch (error) {
    await pool.close()
    throw error
  }
}
