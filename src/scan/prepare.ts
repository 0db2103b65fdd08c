import { isUri, locate } from '../store/index.ts'
import type { WorkerPool } from './pool.ts'

/**
 * Loads what the stores of these URIs need, and starts a decoding thread where one needs something: together that
 * takes as long as DuckDB's own start, which goes on beside it. Not for local files: those may be for DuckDB to read,
 * and a thread that nobody asks costs as much CPU as such a statement.
 */
export function prepareFor(texts: readonly string[], pool: Pick<WorkerPool, 'warm'>): void {
  const stores = texts.filter(isUri).flatMap((uri) => {
    try {
      return [locate(uri).store]
    } catch {
      // Whoever binds it is told.
      return []
    }
  })
  for (const store of stores) store.prepare?.()
  if (stores.some(({ prepare }) => prepare !== undefined)) pool.warm()
}
