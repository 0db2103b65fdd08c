/** The lake in SQL: table functions, procedures, and `lake://` as a path, for whoever runs scans and sessions. */

import { openLake } from '../lake/open.ts'
import type { Lake } from '../lake/types.ts'
import type { NameResolver } from '../scan/context.ts'
import type { ScanFunction } from '../scan/functions/types.ts'
import type { SessionProcedure } from '../scan/types.ts'
import { diff } from './functions/diff.ts'
import { history } from './functions/history.ts'
import { datasets, tables, versions } from './functions/lists.ts'
import { datasetTable, files } from './functions/table.ts'
import { lakeNames } from './names.ts'
import { commitProcedure } from './procedures/commit.ts'
import { fileProcedures } from './procedures/files.ts'
import type { CatalogVerbs } from './procedures/verbs.ts'
import { versionProcedures } from './procedures/versions.ts'

export type { CatalogVerbs } from './procedures/verbs.ts'

export interface Catalog {
  /** For a scan service, beside its own. */
  readonly functions: readonly ScanFunction[]
  /** For a scan service: `lake://D@v/path`. */
  readonly names: NameResolver
  /** For a session; they run SQL in it. */
  readonly procedures: readonly SessionProcedure[]
}

/**
 * The catalogue of a lake, which need not exist (yet): nothing is asked of it before a function is.
 *
 * @param verbs what the procedures do; without them there are none, and the lake can only be read
 * @example createScanService({ lake: url, ...createCatalog(url, verbs) })
 */
export function createCatalog(place: string | Lake, verbs?: CatalogVerbs): Catalog {
  const lake = typeof place === 'string' ? openLake(place) : place
  const reading = [datasets, versions, tables, files, datasetTable, diff, history].map((make) => make(lake))
  const writing = verbs === undefined ? [] : [...versionProcedures(verbs), ...fileProcedures(verbs)]
  return {
    functions: [...reading, ...writing],
    names: lakeNames(lake),
    procedures: verbs === undefined ? [] : [commitProcedure(verbs)],
  }
}
