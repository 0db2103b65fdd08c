/** SQL for verbs: rows of a query as plain values, and conditions that are no more than that. */

import type { QueryResult, ResultColumn, RunOptions } from '../../engine/types.ts'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch, Field } from '../../formats/batch.ts'
import { valuesFrom } from '../../formats/values.ts'
import type { RowSource } from '../../lake/table-write.ts'
import type { Row } from '../../lake/types.ts'

/** Runs one statement; its result is read to the end or closed before the next. */
export type RunSql = (sql: string, options?: RunOptions) => Promise<QueryResult>

/** A query's rows, read once. */
export async function queryRows(
  run: RunSql,
  sql: string,
  options: RunOptions = {},
): Promise<Omit<RowSource, 'columns'> & { readonly columns: readonly ResultColumn[] }> {
  const result = await run(sql, options)
  if (result.returns !== 'rows') {
    await result.close()
    throw new VarveError('invalid-input', `the statement gives no rows, expected a query: ${sql}`)
  }
  const { columns } = result
  checkNames(columns)
  async function* rows(): AsyncGenerator<Row> {
    try {
      yield* batchRows(columns, result.batches)
    } finally {
      await result.close()
    }
  }
  return { columns, rows: rows() }
}

/** The rows of batches, one by one. */
export async function* batchRows(
  columns: readonly Field[],
  batches: AsyncIterable<ColumnBatch>,
): AsyncGenerator<Row> {
  for await (const batch of batches) {
    const values = columns.map(({ type }, i) => valuesFrom(type, batch.columns[i]!))
    for (let row = 0; row < batch.rows; row++)
      yield Object.fromEntries(columns.map(({ name }, i) => [name, values[i]![row]!]))
  }
}

function checkNames(columns: readonly ResultColumn[]): void {
  const seen = new Set<string>()
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase()))
      throw new VarveError('invalid-input', `two columns have the name "${name}", expected one`, {
        column: name,
      })
    seen.add(name.toLowerCase())
  }
}

/**
 * A condition that a person wrote, ready to stand in a WHERE. `invalid-input` when it is anything else than one
 * expression: it must not be able to end the query that it stands in.
 */
export async function conditionSql(run: RunSql, where: string, signal?: AbortSignal): Promise<string> {
  const source = await queryRows(run, 'select json_serialize_sql($1::varchar) as tree', {
    params: [`select (\n${where}\n)`],
    signal,
  })
  let tree: unknown
  for await (const row of source.rows) tree = JSON.parse(row.tree as string)
  const { error, error_message: message, statements } = tree as Serialized
  if (error) throw new VarveError('invalid-input', `the condition ${where}: ${message}`, { where })
  const [statement, ...more] = statements ?? []
  const node = statement?.node
  const plain =
    node?.type === 'SELECT_NODE' && node.from_table?.type === 'EMPTY' && node.select_list?.length === 1
  if (plain && more.length === 0) return `(\n${where}\n)`
  throw new VarveError('invalid-input', `${where} is no condition, expected one as after WHERE`, { where })
}

interface Serialized {
  readonly error: boolean
  readonly error_message?: string
  readonly statements?: readonly {
    readonly node?: {
      readonly type?: string
      readonly from_table?: { readonly type?: string }
      readonly select_list?: readonly unknown[]
    }
  }[]
}
