import { VarveError } from '../../../src/errors.ts'
import type { Attributes, Vfs } from '../../../src/mount/types.ts'

type Content = Uint8Array | VarveError

/** A tree in memory: files by path (folders are what leads to them), links by path. */
export function memoryVfs(
  files: Readonly<Record<string, Content>>,
  links: Readonly<Record<string, string>> = {},
): Vfs & { readonly open_: Set<string> } {
  const open_ = new Set<string>()
  const children = new Map<string, Set<string>>([['/', new Set()]])
  for (const path of [...Object.keys(files), ...Object.keys(links)]) {
    const words = path.split('/').slice(1)
    words.forEach((word, i) => {
      const parent = `/${words.slice(0, i).join('/')}`
      if (!children.has(parent)) children.set(parent, new Set())
      children.get(parent)!.add(word)
    })
  }
  const inos = new Map<string, number>()
  const ino = (path: string): number => {
    if (!inos.has(path)) inos.set(path, inos.size + 1)
    return inos.get(path)!
  }
  const getattr = (path: string): Attributes | undefined => {
    const facts = { modified: 1_700_000_000_123, ino: ino(path) }
    if (children.has(path)) return { kind: 'folder', size: 0, mode: 0o555, ...facts }
    if (links[path] !== undefined) return { kind: 'link', size: links[path].length, mode: 0o777, ...facts }
    const file = files[path]
    if (file === undefined) return undefined
    return { kind: 'file', size: file instanceof VarveError ? 10 : file.length, mode: 0o444, ...facts }
  }
  return {
    open_,
    getattr,
    readdir: (path) => (children.has(path) ? [...children.get(path)!] : undefined),
    readlink: async (path) => links[path],
    async open(path) {
      const file = files[path]
      if (file === undefined) throw new VarveError('not-found', `${path} does not exist`)
      open_.add(path)
      return {
        size: file instanceof VarveError ? 10 : file.length,
        async read(target, start) {
          if (file instanceof VarveError) throw file
          const part = file.subarray(start, start + target.length)
          target.set(part)
          return part.length
        },
        async close() {
          open_.delete(path)
        },
      }
    },
    statfs: () => ({ files: Object.keys(files).length, bytes: 2 ** 41 }),
    async close() {},
  }
}
