/** What verifying a lake found, as it goes. */

import { isVarveError, type VarveError } from '../../errors.ts'

export interface Damage {
  readonly dataset: string
  readonly version: number
  /** The logical file that is hit; null where it is a whole table or version. */
  readonly path: string | null
  /** URI of the object. */
  readonly object: string
  /** `missing`: not there, or out of reach; `changed`: of another size or identity; `corrupt`: not what its hash says. */
  readonly status: 'missing' | 'changed' | 'corrupt'
  readonly message: string
}

/** What is wrong with an object, whoever names it. */
export type Trouble = Pick<Damage, 'object' | 'status' | 'message'>

export class Findings {
  versions = 0
  tables = 0
  parts = 0
  files = 0
  bytesRead = 0
  readonly damaged: Damage[] = []
  readonly #known = new Set<string>()

  /** Adds damage, unless the same object was reported for the same path already. */
  add(dataset: string, version: number, path: string | null, trouble: Trouble): void {
    const id = JSON.stringify([dataset, path, trouble.object, trouble.status])
    if (this.#known.has(id)) return
    this.#known.add(id)
    const { object, status, message } = trouble
    this.damaged.push({ dataset, version, path, object, status, message })
  }

  /** By dataset, version and path. */
  sorted(): Damage[] {
    const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
    return this.damaged.sort(
      (a, b) =>
        order(a.dataset, b.dataset) ||
        a.version - b.version ||
        order(a.path ?? '', b.path ?? '') ||
        order(a.object, b.object),
    )
  }
}

/** The damage that a failure tells of; what only keeps us from looking is thrown on. */
export function troubleOf(
  object: string,
  error: unknown,
  tells: Readonly<Record<string, Trouble['status']>>,
): Trouble {
  if (!isVarveError(error)) throw error
  const status = tells[(error as VarveError).code]
  if (status === undefined) throw error
  return { object, status, message: error.message }
}
