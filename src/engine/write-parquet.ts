/** The rows of a query as a Parquet file that is there whole or not at all. */

import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { VarveError } from '../errors.ts'
import { quoteText } from './quote.ts'
import { splitStatements } from './rewrite/tokens.ts'
import type { RunOptions, Session } from './types.ts'

/** Runs the statements of `sql` and writes the rows of the last one to `path`, over what was there. */
export async function writeParquet(
  run: Session['run'],
  sql: string,
  path: string,
  options: RunOptions | undefined,
): Promise<{ rows: number }> {
  const statements = splitStatements(sql)
  const last = statements.pop()
  if (last === undefined)
    throw new VarveError('invalid-input', 'there is no statement whose rows could be written')
  for (const statement of statements) for await (const _ of run(statement, options));
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    let rows = 0
    // The parentheses take SELECT, FROM, WITH; inside another FROM also SUMMARIZE, DESCRIBE and the like.
    const query = /^(select|from|with|values|\()/i.test(last) ? last : `from (\n${last}\n)`
    const copy = `copy (\n${query}\n) to ${quoteText(temporary)} (format parquet)`
    for await (const result of run(copy, options)) rows = result.changed ?? 0
    await sync(temporary)
    await rename(temporary, path)
    return { rows }
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
