/** What `varve formats` lists. */

import { FORMATS } from '../formats/registry.ts'
import { STRATEGIES } from '../index/strategies.ts'
import { SCAN_FUNCTIONS } from '../scan/functions/index.ts'
import { readerName } from '../scan/functions/read.ts'
import { typeName } from './type-name.ts'
import type { FormatRow } from './types.ts'

export function formatRows(): FormatRow[] {
  return FORMATS.map((format) => {
    const own = readerName(format.name)
    const { fixed } = format
    const ordinal = fixed?.ordinal === undefined ? [] : [fixed.columns[fixed.ordinal]!.name]
    return {
      name: format.name,
      functions: SCAN_FUNCTIONS.filter(({ name }) => name === own).map(() => `read_${format.name}`),
      extensions: format.extensions,
      strategies: [...Object.keys(STRATEGIES), ...Object.keys(format.strategies)],
      zones: fixed === undefined ? ['…'] : [...ordinal, ...fixed.zones],
      columns: fixed?.columns.map(({ name, type }) => ({ name, type: typeName(type) })) ?? [],
      options: format.optionNames,
    }
  })
}
