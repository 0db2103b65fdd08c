import { VarveError } from '../errors.ts'
import { glob, isGlob } from '../store/index.ts'
import type { NamedObject, ScanContext } from './context.ts'

/** A file as one would write it, and the object that it stands for, where that is somewhere else. */
export interface FileName {
  readonly name: string
  readonly object?: NamedObject | undefined
}

/** The files that a path or pattern names, in order; `not-found` when a pattern has none. */
export async function expandPattern(
  pattern: string,
  { names }: Pick<ScanContext, 'names'>,
  signal?: AbortSignal,
): Promise<readonly FileName[]> {
  if (names?.owns(pattern) === true) {
    const objects = await names.expand(pattern, signal)
    return objects.map((object) => ({ name: object.name, object }))
  }
  if (!isGlob(pattern)) return [{ name: pattern }]
  const files: FileName[] = []
  for await (const { name } of glob(pattern, { signal })) files.push({ name })
  if (files.length > 0) return files
  throw new VarveError('not-found', `no file matches ${pattern}`, { uri: pattern })
}
