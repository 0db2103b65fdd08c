/** Summary cards: what a dataset, or each group of its files, holds. */

import { quoteIdentifier } from '../../engine/quote.ts'
import { VarveError } from '../../errors.ts'
import type { Lake, Value } from '../../lake/types.ts'
import type { SummaryRow } from '../lake-types.ts'
import type { CallOptions } from '../types.ts'
import { selectionOf, selectionSql } from './page.ts'
import { queryRows, type RunSql } from './query.ts'

/** One card for all files, or one for each combination of the columns in `by`. */
export async function summarize(
  lake: Lake,
  run: RunSql,
  reference: string,
  by: readonly string[],
  { signal }: CallOptions,
): Promise<SummaryRow[]> {
  const selection = await selectionOf(lake, run, reference, { signal })
  const unknown = by.find((name) => !selection.columns.includes(name))
  if (unknown !== undefined) {
    const message = `there is no column ${JSON.stringify(unknown)}, there are: ${selection.columns.join(', ')}`
    throw new VarveError('invalid-input', message, { column: unknown })
  }
  // By place, not by name: a column to group by may be `format`, or have the name of a sum.
  const names = by.map((name, i) => `${quoteIdentifier(name)} as by_${i}, `).join('')
  const groups = [...by, 'format'].map((_, i) => i + 1).join(', ')
  const sql = `select ${names}format, count(*) as n, sum(bytes)::bigint as b,
      min(modified_at) as first, max(modified_at) as last
    from (${selectionSql(selection)})
    group by ${groups}
    order by ${groups}`
  const { rows } = await queryRows(run, sql, { signal })
  const cards = new Map<string, SummaryRow>()
  for await (const row of rows) {
    const group = Object.fromEntries(by.map((name, i) => [name, row[`by_${i}`] ?? null]))
    const key = JSON.stringify(Object.values(group), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    cards.set(key, joined(cards.get(key) ?? empty(group), row))
  }
  return cards.size === 0 && by.length === 0 ? [empty({})] : [...cards.values()]
}

function empty(group: SummaryRow['group']): SummaryRow {
  return { group, files: 0, bytes: 0, formats: [], first_modified: null, last_modified: null }
}

function joined(card: SummaryRow, row: Readonly<Record<string, Value>>): SummaryRow {
  const [files, bytes] = [Number(row.n), Number(row.b ?? 0)]
  const times = [card.first_modified, card.last_modified, timeOf(row.first), timeOf(row.last)].filter(
    (time) => time !== null,
  )
  times.sort()
  return {
    group: card.group,
    files: card.files + files,
    bytes: card.bytes + bytes,
    formats: [...card.formats, { format: row.format as string | null, files, bytes }],
    first_modified: times[0] ?? null,
    last_modified: times.at(-1) ?? null,
  }
}

function timeOf(micros: Value | undefined): string | null {
  return typeof micros === 'bigint' ? new Date(Number(micros / 1000n)).toISOString() : null
}
