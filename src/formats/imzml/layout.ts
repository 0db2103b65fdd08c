/** The columns of an image, and the file beside it that holds its spectra. */

import type { ByteSource } from '../../bytes/types.ts'
import type { DataType, Field } from '../batch.ts'
import type { BlockLayout } from '../blocks/types.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options } from '../text/types.ts'
import type { FileAtHand } from '../types.ts'
import { badImzml, unsupportedImzml } from './error.ts'
import { readHead } from './head.ts'
import { isValueType, TERM, type ValueType, valueType } from './terms.ts'
import type { Dialect } from './types.ts'

const UUID_BYTES = 16

const field = (name: string, kind: 'int32' | 'int64' | 'float64' | 'utf8'): Field => ({
  name,
  type: { kind },
})
const list = (name: string, item: DataType): Field => ({ name, type: { kind: 'list', item } })

/** Spectra are counted as pyimzML counts them: from 0, in the order of the XML, whatever its `index` says. */
const ORDINAL = 'spectrum'

export const ZONES = ['x', 'y', 'z', 'total_ion_current', 'mz_min', 'mz_max']

/** What intensities of this type are in SQL: themselves, or what holds them exactly. */
const COLUMN_TYPES: Readonly<Record<ValueType, 'float32' | 'float64' | 'int32' | 'int64'>> = {
  float32: 'float32',
  float64: 'float64',
  int8: 'int32',
  int16: 'int32',
  int32: 'int32',
  int64: 'int64',
}

export async function imzmlLayout(file: FileAtHand, options: Options): Promise<BlockLayout> {
  checkOptionNames('imzml', options, [])
  const { source, head, signal } = file
  if (head.container !== 'plain')
    throw unsupportedImzml('the file is compressed by gzip as a whole; unpack it', source.uri)
  if ([0xfe, 0xff].includes(head.bytes[0] ?? 0))
    throw unsupportedImzml('the XML is in UTF-16, expected UTF-8 or an encoding with ASCII in it', source.uri)
  const dialect = await readHead(source, signal)
  const ibd = await findIbd(file)
  try {
    await checkUuid(ibd, dialect, source.uri, signal)
  } finally {
    await ibd.close?.()
  }
  const columns = columnsOf(dialect)
  return {
    columns,
    zones: ZONES,
    ordinal: columns.findIndex(({ name }) => name === ORDINAL),
    dialect: JSON.parse(JSON.stringify(dialect)) as Options,
    companions: [{ uri: ibd.uri, size: ibd.size, identity: ibd.identity }],
  }
}

function columnsOf(dialect: Dialect): Field[] {
  return [
    field('x', 'int32'),
    field('y', 'int32'),
    field('z', 'int32'),
    field(ORDINAL, 'int64'),
    list('mz', { kind: 'float64' }),
    list('intensity', { kind: intensityType(dialect) }),
    field('id', 'utf8'),
    field('total_ion_current', 'float64'),
    field('base_peak_mz', 'float64'),
    field('base_peak_intensity', 'float64'),
    field('mz_min', 'float64'),
    field('mz_max', 'float64'),
  ]
}

/** By the groups that describe arrays of intensities; DOUBLE where they differ, or spectra say it themselves. */
export function intensityType({ groups }: Dialect): 'float32' | 'float64' | 'int32' | 'int64' {
  const types = groups
    .filter(([, params]) => params.some(([term]) => term === TERM.intensityArray))
    .map(([, params]) => {
      const [term, , name] = params.findLast(([one]) => isValueType(one)) ?? []
      const type = term === undefined ? undefined : valueType(term, name!)
      return type === undefined ? 'float64' : COLUMN_TYPES[type]
    })
  return new Set(types).size === 1 ? types[0]! : 'float64'
}

/** The .ibd by the name of the .imzML; a store that tells cases apart is asked for those that people write. */
async function findIbd({ source, beside }: FileAtHand): Promise<ByteSource> {
  for (const ending of ['ibd', 'IBD', 'Ibd']) {
    const found = await beside((own) => own.replace(/(\.[^./\\]*)?$/, `.${ending}`), UUID_BYTES)
    if (found !== undefined) return found
  }
  throw badImzml('there is no .ibd of the same name beside it, expected the spectra there', source.uri)
}

/** The .ibd begins with the UUID that the XML names (imzML 1.1.0, section 3.1): files of two images do not mix. */
async function checkUuid(
  ibd: ByteSource,
  { uuid }: Dialect,
  uri: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (ibd.size < UUID_BYTES)
    throw badImzml(`${ibd.uri} has ${ibd.size} bytes, expected ${UUID_BYTES} or more`, uri)
  // It must be there, but readers of the field do without.
  if (uuid === undefined) return
  const bytes = await ibd.read(0, UUID_BYTES, { signal })
  const found = Buffer.from(bytes).toString('hex')
  if (found !== uuid)
    throw badImzml(`${ibd.uri} has the UUID ${found}, expected ${uuid} as the XML says`, uri)
}
