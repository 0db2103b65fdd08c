/** What binding a file finds out, taken from memory where the same file was bound before. */

import type { ByteSource } from '../bytes/types.ts'
import { HEAD_BYTES, parseHead } from '../formats/head.ts'
import { detectFormat, formatNamed } from '../formats/registry.ts'
import type { Options } from '../formats/text/types.ts'
import type { Blocks, FileAtHand, Format, Head, Layout, Memory, SourceRef } from '../formats/types.ts'
import { locate } from '../store/index.ts'

/** A segment with its zones, about. */
const SEGMENT_BYTES = 500

/** The file's first bytes, parsed. They are copied by whoever reads them, and never written. */
export async function headOf(
  source: ByteSource,
  shown: string,
  memory: Memory | undefined,
  signal: AbortSignal | undefined,
): Promise<Head> {
  const known = memory?.recall<Head>('head')
  if (known !== undefined) return known
  const bytes = await source.read(0, Math.min(source.size, HEAD_BYTES), { signal })
  const head = parseHead(shown, bytes, bytes.length === source.size)
  const held = bytes.length + (head.raw === bytes ? 0 : head.raw.buffer.byteLength)
  memory?.keep('head', head, held)
  return head
}

/** The format that the head speaks of. */
export function detectedFormat(uri: string, head: Head, memory: Memory | undefined): Format {
  const known = memory?.recall<string>('format')
  if (known !== undefined) return formatNamed(known)
  const format = detectFormat(uri, head)
  memory?.keep('format', format.name, 2 * format.name.length)
  return format
}

/** The layout without options that only show it differently. */
export async function layoutOf(format: Format, file: FileAtHand, options: Options): Promise<Layout> {
  const { memory, signal } = file
  const name = `layout ${JSON.stringify([format.name, options])}`
  const known = memory?.recall<Layout>(name)
  if (known !== undefined && (await areSame(known.companions, signal))) return known
  const layout = await format.layout(file, options)
  memory?.keep(name, layout, 2 * JSON.stringify(layout).length)
  return layout
}

/** The blocks that the file lists for this layout. */
export async function blocksOf(
  layout: Layout,
  memory: Memory | undefined,
  list: () => Promise<Blocks>,
): Promise<Blocks> {
  const { format, dialect, companions } = layout
  const name = `blocks ${JSON.stringify([format, dialect, companions])}`
  const known = memory?.recall<Blocks>(name)
  if (known !== undefined) return known
  const blocks = await list()
  memory?.keep(name, blocks, name.length * 2 + blocks.segments.length * SEGMENT_BYTES)
  return blocks
}

/** Whether the objects are still those that something was made with. */
export async function areSame(
  companions: readonly SourceRef[] = [],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const same = await Promise.all(
    companions.map(async ({ uri, size, identity }) => {
      const { store, key } = locate(uri)
      const info = await store.info(key, { signal })
      return info?.identity === identity && info.size === size
    }),
  )
  return same.every(Boolean)
}
