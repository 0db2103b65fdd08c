/** Parquet files: one block is a row group, whose statistics are its zones (https://parquet.apache.org/docs/file-format/). */

import type { ByteSource } from '../../bytes/types.ts'
import { VarveError } from '../../errors.ts'
import type { Field } from '../batch.ts'
import { blockSegments } from '../blocks/segment.ts'
import type { BlockFormat, BlockLayout } from '../blocks/types.ts'
import type { Options } from '../text/types.ts'
import type { Blocks, FileAtHand, Layout, ReadHooks } from '../types.ts'
import { ENCRYPTED, findFooter, MAGIC, parseFooter } from './footer.ts'
import { OPTIONS, parquetOptions } from './options.ts'
import { parquetReader } from './reader.ts'
import { rowGroups } from './strategies.ts'
import type { Footer, ParquetDialect } from './types.ts'
import { groupZones, zoneNames } from './zones.ts'

const ROW_NUMBER: Field = { name: 'file_row_number', type: { kind: 'int64' } }

export const parquet: BlockFormat = {
  name: 'parquet',
  title: 'columns of tables',
  extensions: ['parquet'],
  optionNames: OPTIONS,
  strategies: { row_groups: rowGroups },
  detect(_path, { container, bytes }) {
    const magic = Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1')
    return container === 'plain' && (magic === MAGIC || magic === ENCRYPTED)
  },
  layout: parquetLayout,
  blocks: parquetBlocks,
  reader: parquetReader,
}

/** The footers of files that were bound just now, so that their blocks are listed without reading them again. */
const footers = new WeakMap<ByteSource, Footer>()

async function parquetLayout({ source, signal }: FileAtHand, options: Options): Promise<BlockLayout> {
  const { binaryAsString, rowNumber } = parquetOptions(options)
  const found = await findFooter(source, signal)
  const footer = parseFooter(found, source.uri, binaryAsString)
  footers.set(source, footer)
  const columns = footer.columns.map(({ name, node }): Field => ({ name, type: node.type }))
  if (rowNumber) {
    const taken = columns.some(({ name }) => name.toLowerCase() === ROW_NUMBER.name)
    if (taken)
      throw new VarveError('invalid-input', 'parquet: the file has a column file_row_number already', {})
    columns.push(ROW_NUMBER)
  }
  const dialect: ParquetDialect = { footer: [found.from, found.to], binaryAsString }
  return {
    columns,
    zones: zoneNames(footer),
    ...(rowNumber && { ordinal: columns.length - 1 }),
    dialect: { ...dialect },
  }
}

async function parquetBlocks(
  source: ByteSource,
  layout: Layout,
  { signal }: Pick<ReadHooks, 'signal'>,
): Promise<Blocks> {
  const footer = footers.get(source) ?? (await readFooter(source, layout, signal))
  const zones = groupZones(footer)
  const blocks = footer.groups.map((group) => ({
    // Not Math.min(...): a row group may have more columns than a call takes.
    source: group.chunks.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY),
    end: group.chunks.reduce((most, { end }) => Math.max(most, end), 0),
    rows: group.rows,
    raw: group.uncompressed,
    zones: zones(group),
  }))
  // The footer is as good as an index, and is read with one request.
  return { segments: blockSegments(blocks), complete: true, passing: true }
}

async function readFooter(
  source: ByteSource,
  layout: Layout,
  signal: AbortSignal | undefined,
): Promise<Footer> {
  const { footer: place, binaryAsString } = layout.dialect as unknown as ParquetDialect
  const [from, to] = place
  return parseFooter({ from, to, bytes: await source.read(from, to, { signal }) }, source.uri, binaryAsString)
}
