/** What the kernel has mounted. */

import { readFile } from 'node:fs/promises'

export interface TableEntry {
  readonly point: string
  readonly type: string
}

/** The type that our mounts have: `fuse.` and the subtype given at mounting. */
export const MOUNT_TYPE = 'fuse.varve'

export async function mountTable(): Promise<readonly TableEntry[]> {
  return parseMounts(await readFile('/proc/self/mounts', 'utf8'))
}

/** Lines of `/proc/mounts`, where white space and backslashes in paths are octal (`\040`). */
export function parseMounts(text: string): TableEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, point = '', type = ''] = line.split(' ')
      return { point: unescapeOctal(point), type }
    })
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** What is mounted at a path now: the last of several, which hides the others. */
export async function mountedAt(point: string): Promise<TableEntry | undefined> {
  return (await mountTable()).findLast((entry) => entry.point === point)
}
