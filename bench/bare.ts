/** The least that a node program with DuckDB does: what the start of varve is measured against. */

import { DuckDBInstance } from '@duckdb/node-api'

const connection = await (await DuckDBInstance.create(':memory:')).connect()
const rows = (await connection.runAndReadAll('select 1')).getRows()
process.stdout.write(`${rows[0]}\n`)
