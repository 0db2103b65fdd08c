/** GeoTIFF, COG, BigTIFF and plain TIFF: rasters in tiles or strips. */

import type { BlockFormat } from '../blocks/types.ts'
import { readBlocks } from './blocks.ts'
import { readLayout } from './layout.ts'
import { OPTION_NAMES, readOptions } from './options.ts'
import { makeReader } from './reader.ts'
import { STRATEGIES } from './strategies.ts'
import { tiffHeader } from './tiff/directory.ts'
import { tileRowOf } from './tile-of.ts'
import type { Dialect } from './types.ts'

export const geotiff = {
  name: 'geotiff',
  title: 'rasters: GeoTIFF, COG, TIFF',
  extensions: ['tif', 'tiff', 'gtiff', 'geotiff'],
  optionNames: OPTION_NAMES,
  strategies: STRATEGIES,
  detect: (_path, head) => tiffHeader(head.bytes) !== undefined,
  layout: async (file, options) => readLayout(file, readOptions(options)),
  blocks: (source, layout, { signal }) => readBlocks(source, layout.dialect as unknown as Dialect, signal),
  lane: (layout, part) => tileRowOf(layout.dialect as unknown as Dialect, part.firstRow),
  reader: makeReader,
} satisfies BlockFormat
