import { VarveError } from '../errors.ts'
import { glob, isGlob } from '../store/index.ts'

/** The files that a path or pattern names, as one would write them, in order; `not-found` when a pattern has none. */
export async function expandPattern(pattern: string, signal?: AbortSignal): Promise<string[]> {
  if (!isGlob(pattern)) return [pattern]
  const names: string[] = []
  for await (const found of glob(pattern, { signal })) names.push(found.name)
  if (names.length > 0) return names
  throw new VarveError('not-found', `no file matches ${pattern}`, { uri: pattern })
}
