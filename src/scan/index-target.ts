/** What an index is looked up by: the object, the format, and those options that an index is bound to. */

import { formatAsked, formatOfName } from '../formats/registry.ts'
import type { Options } from '../formats/text/types.ts'
import type { Format, SourceRef } from '../formats/types.ts'
import type { IndexTarget } from '../index/location.ts'
import type { RememberedFile } from './memory.ts'

/** The target of an object that is read as a format with these options. */
export function targetOf({ uri, size, identity }: SourceRef, format: Format, options: Options): IndexTarget {
  return {
    uri,
    identity,
    size,
    format: format.name,
    options: splitView(format, optionsFor(format, options))[0],
  }
}

/** What an index would be looked up by if the file under this name were still the one that was there last. */
export function guessedTarget(
  name: string,
  last: RememberedFile,
  {
    format: asked,
    options = {},
  }: { readonly format?: string | undefined; readonly options?: Options | undefined },
): IndexTarget | undefined {
  const { size, identity } = last
  const uri = last.recall<string>('uri')
  const format = asked === undefined ? formatOfName(name) : formatAsked(asked, name)
  return uri === undefined || format === undefined
    ? undefined
    : targetOf({ uri, size, identity }, format, options)
}

/** Every reader takes `ignore_errors`; it is the format's matter only where it changes what the file looks like. */
export function optionsFor(format: Format, { ignore_errors, ...options }: Options): Options {
  const matters = ignore_errors !== undefined && format.optionNames.includes('ignore_errors')
  return matters ? { ...options, ignore_errors } : options
}

/** The options that an index is bound to, and those that only show the file differently. */
export function splitView(format: Format, options: Options): readonly [own: Options, view: Options] {
  const { viewOptions = [] } = format
  const isView = ([name]: [string, unknown]): boolean => viewOptions.includes(name)
  const entries = Object.entries(options)
  return [
    Object.fromEntries(entries.filter((one) => !isView(one))),
    Object.fromEntries(entries.filter(isView)),
  ]
}
