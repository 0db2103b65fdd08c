import { VarveError } from '../../errors.ts'
import type { Options } from './types.ts'

/** Refuses options that the format does not know, and names the ones it does. */
export function checkOptionNames(format: string, options: Options, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const expected = known.length === 0 ? 'it takes none' : `expected one of ${known.join(', ')}`
    throw new VarveError('invalid-input', `${format}: unknown option "${name}", ${expected}`, {
      option: name,
    })
  }
}
