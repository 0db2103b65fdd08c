import { ROOT } from './constants.ts'

/**
 * The kernel's numbers of paths: a path keeps its number until the kernel has forgotten it, then another may get it.
 *
 * Lists by number, and one map: a walk through a million files tells the kernel of each.
 */
export class Nodes {
  readonly #paths: (string | undefined)[] = []
  /** How often the kernel was told of each, less how often it has forgotten. */
  readonly #lookups: number[] = []
  readonly #ids = new Map<string, number>()
  readonly #free: number[] = []

  constructor() {
    // Numbers below the root's mean no node.
    for (let id = 0; id < ROOT; id++) this.#put(id, undefined)
    this.#put(ROOT, '/')
    this.#ids.set('/', ROOT)
  }

  /** Undefined: a number that was never given, or is forgotten. */
  path(id: number): string | undefined {
    return this.#paths[id]
  }

  /** The number of a path that the kernel is about to be told of. */
  remember(path: string): number {
    const known = this.#ids.get(path)
    if (known !== undefined) {
      this.#lookups[known]!++
      return known
    }
    const id = this.#free.pop() ?? this.#paths.length
    this.#put(id, path)
    this.#ids.set(path, id)
    return id
  }

  forget(id: number, lookups: number): void {
    const path = this.#paths[id]
    if (path === undefined || id === ROOT) return
    this.#lookups[id]! -= lookups
    if (this.#lookups[id]! > 0) return
    this.#ids.delete(path)
    this.#put(id, undefined)
    this.#free.push(id)
  }

  get size(): number {
    return this.#ids.size
  }

  #put(id: number, path: string | undefined): void {
    this.#paths[id] = path
    this.#lookups[id] = path === undefined ? 0 : 1
  }
}

export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}
