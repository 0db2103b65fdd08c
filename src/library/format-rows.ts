/** What `varve formats` lists. */

import { FORMATS } from '../formats/registry.ts'
import type { Head } from '../formats/types.ts'
import { SCAN_FUNCTIONS } from '../scan/functions/index.ts'
import { readerName } from '../scan/functions/read.ts'
import { typeName } from './type-name.ts'
import type { FormatRow } from './types.ts'

/** An empty file of a format shows which columns every file of it has. */
const EMPTY: Head = {
  uri: 'an empty file',
  container: 'plain',
  bytes: new Uint8Array(0),
  raw: new Uint8Array(0),
  whole: true,
}

export function formatRows(): FormatRow[] {
  return FORMATS.map((format) => {
    const own = readerName(format.name)
    const fixed = format.fileColumns ? undefined : format.layout(EMPTY, {})
    const ordinal = fixed?.ordinal === undefined ? [] : [fixed.columns[fixed.ordinal]!.name]
    return {
      name: format.name,
      functions: SCAN_FUNCTIONS.filter(({ name }) => name === own).map(() => `read_${format.name}`),
      extensions: format.extensions,
      strategies: format.strategies,
      zones: fixed === undefined ? ['…'] : [...ordinal, ...fixed.zones],
      columns: fixed?.columns.map(({ name, type }) => ({ name, type: typeName(type) })) ?? [],
      options: format.optionNames,
    }
  })
}
