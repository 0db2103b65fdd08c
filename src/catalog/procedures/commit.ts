/** `varve_commit`: a table from a file, or from a query that runs in the session that called. */

import { VarveError } from '../../errors.ts'
import { optionalText, textArgument, textsArgument } from '../../scan/arguments.ts'
import type { SessionProcedure } from '../../scan/types.ts'
import { int64, rowOf, utf8 } from '../fields.ts'
import { COMMIT_ARGUMENTS, commitOptions, optionalWord } from './arguments.ts'
import { COMMIT_COLUMNS, commitCells } from './procedure.ts'
import type { CatalogVerbs } from './verbs.ts'

const COUNTS = ['rows', 'added', 'changed', 'removed'] as const

const COLUMNS = [...COMMIT_COLUMNS, utf8('table'), ...COUNTS.map(int64)]

const MODES = ['replace', 'append', 'upsert', 'delete'] as const

export function commitProcedure(verbs: CatalogVerbs): SessionProcedure {
  return {
    name: 'varve_commit',
    positional: 2,
    lists: false,
    named: { query: 'text', file: 'text', mode: 'text', key: 'any', ...COMMIT_ARGUMENTS },
    summary: "Writes a dataset's table from a query or a file, as a new version; for CALL.",
    columns: COLUMNS,
    prepare(request) {
      const { args, named } = request
      const dataset = textArgument('the dataset', args[0])
      const table = textArgument('the table', args[1])
      const query = optionalText('query', named.query)
      const file = optionalText('file', named.file)
      const mode = optionalWord('mode', named.mode, MODES)
      const key = named.key === undefined || named.key === null ? undefined : textsArgument('key', named.key)
      if ((query === undefined) === (file === undefined)) {
        const given = query === undefined ? 'neither a query nor a file' : 'a query and a file'
        throw new VarveError('invalid-input', `varve_commit was given ${given}, expected one of them`)
      }
      return async (session) => {
        const options = { mode, key, ...commitOptions(request, session.signal) }
        // A file is read by a query, too: the session has its turn already, so nobody else may ask it anything.
        const report = await session.query(query ?? verbs.fileQuery(file!), (rows) =>
          verbs.writeTable(dataset, table, rows, options),
        )
        const counts = Object.fromEntries(COUNTS.map((name) => [name, report[name]]))
        return [rowOf(COLUMNS, { ...commitCells(report), table: report.table, ...counts })]
      }
    },
  }
}
