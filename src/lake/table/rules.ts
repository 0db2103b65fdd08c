/** Checks rows against the JSON Schema that a user gave their table. */

import type { ErrorObject } from 'ajv'
import { VarveError } from '../../errors.ts'
import type { DataType } from '../../formats/batch.ts'
import type { Row, TableSchema, Value } from '../types.ts'

/** Throws `invalid-data`, naming row and column, for a row that breaks the table's rules. Rows count from 1. */
export type RowChecker = (row: Row, number: number) => void

/** `invalid-input` when the rules are no JSON Schema. A minimal one (an id, empty properties) allows everything. */
export async function rowChecker({ columns, rules }: TableSchema): Promise<RowChecker> {
  if (rules === undefined) return () => undefined
  const { default: Ajv } = await import('ajv/dist/2020.js')
  const { default: formats } = await import('ajv-formats')
  const ajv = new Ajv.default({ strict: false, verbose: true })
  formats.default(ajv)
  let validate: ReturnType<typeof ajv.compile>
  try {
    // Drafts differ in what varve does not use: a schema is read as the newest.
    validate = ajv.compile({ ...rules, $schema: undefined, $id: undefined })
  } catch (error) {
    const message = `the schema is no JSON Schema: ${(error as Error).message}`
    throw new VarveError('invalid-input', message, {}, error)
  }
  return (row, number) => {
    const values = columns.map(({ name, type }) => [name, toJson(type, row[name] ?? null)] as const)
    // To SQL, null and absent are one; a schema may want either.
    const given = Object.fromEntries(values.filter(([, value]) => value !== null))
    if (validate(given)) return
    const [error] = validate.errors!
    if (!validate(Object.fromEntries(values))) throw broken(number, error!)
  }
}

function broken(
  number: number,
  { instancePath, message = 'is wrong', params, data }: ErrorObject,
): VarveError {
  const column = instancePath.split('/')[1] ?? (params as { missingProperty?: string }).missingProperty ?? ''
  const actual = data === undefined || instancePath === '' ? '' : ` is ${JSON.stringify(data)},`
  const at = column === '' ? '' : `, column "${column}"`
  return new VarveError('invalid-data', `row ${number}${at}:${actual} ${message}`, { row: number, column })
}

const DAY_MS = 86_400_000

/** The value as JSON has it. */
function toJson(type: DataType, value: Value): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'date':
      return new Date((value as number) * DAY_MS).toISOString().slice(0, 10)
    case 'timestamp':
      return new Date(Number((value as bigint) / 1000n)).toISOString()
    case 'time':
      return new Date(Number((value as bigint) / 1000n)).toISOString().slice(11, -1)
    case 'decimal':
      return Number(value) / 10 ** type.scale
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('hex')
    case 'list':
      return (value as readonly Value[]).map((item) => toJson(type.item, item))
    case 'struct':
      return Object.fromEntries(
        type.fields.map(({ name, type: inner }) => [
          name,
          toJson(inner, (value as Readonly<Record<string, Value>>)[name] ?? null),
        ]),
      )
    default:
      return typeof value === 'bigint' ? Number(value) : value
  }
}
