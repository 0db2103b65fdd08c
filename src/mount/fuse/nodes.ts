import { ROOT } from './constants.ts'

interface Node {
  readonly path: string
  /** How often the kernel was told of it, less how often it has forgotten. */
  lookups: number
}

/** The kernel's numbers of paths: a path keeps its number until the kernel has forgotten it. */
export class Nodes {
  readonly #paths = new Map<number, Node>([[ROOT, { path: '/', lookups: 1 }]])
  readonly #ids = new Map<string, number>([['/', ROOT]])
  #last = ROOT

  /** Undefined: a number that was never given, or is forgotten. */
  path(id: number): string | undefined {
    return this.#paths.get(id)?.path
  }

  /** The number of a path that the kernel is about to be told of. */
  remember(path: string): number {
    const known = this.#ids.get(path)
    if (known !== undefined) {
      this.#paths.get(known)!.lookups++
      return known
    }
    const id = ++this.#last
    this.#ids.set(path, id)
    this.#paths.set(id, { path, lookups: 1 })
    return id
  }

  forget(id: number, lookups: number): void {
    const node = this.#paths.get(id)
    if (node === undefined || id === ROOT) return
    node.lookups -= lookups
    if (node.lookups > 0) return
    this.#paths.delete(id)
    this.#ids.delete(node.path)
  }

  get size(): number {
    return this.#paths.size
  }
}

export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}
