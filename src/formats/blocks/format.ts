/** A whole `Format` from the little that a format of blocks says for itself. */

import type { Format } from '../types.ts'
import { readBlocks } from './read.ts'
import type { BlockFormat } from './types.ts'

export function blockFormat(format: BlockFormat): Format {
  const { name, title, extensions, optionNames, fixed, seeks, strategies = {} } = format
  return {
    name,
    title,
    extensions,
    optionNames,
    fixed,
    seeks,
    strategies,
    detect: (path, head) => format.detect(path, head),

    async layout(file, options) {
      const layout = await format.layout(file, options)
      return { ...layout, dataStart: 0, format: name, container: 'plain', blocks: true }
    },

    blocks: (source, layout, hooks) => format.blocks(source, layout, hooks),

    ...(format.lane && {
      lane: (layout, { parts = [] }) => parts[0] && format.lane!(layout, parts[0]),
    }),

    read(source, layout, work, projection, hooks) {
      if (work.kind !== 'run') throw new TypeError(`${name} has no pieces`)
      return readBlocks({ format, source, layout, hooks }, work, projection)
    },
  }
}
