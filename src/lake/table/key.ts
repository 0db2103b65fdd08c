/**
 * Keys as strings whose order is that of the keys: every comparison of rows, parts and versions is then `<`.
 *
 * A string holds bytes (one character each, 0 to 255): JavaScript keeps such strings in one byte a character and
 * compares them as memcmp does. The encodings of the values are the usual memory-comparable ones (FoundationDB's
 * tuple layer, https://github.com/apple/foundationdb/blob/main/design/tuple.md).
 */

import { VarveError } from '../../errors.ts'
import type { DataType, Field } from '../../formats/batch.ts'
import { foldPath } from '../names.ts'
import type { Row, TableSchema, Value } from '../types.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: the law of ASCII
const ASCII = /^[\x00-\x7f]*$/

/** The encoded key of a row. `invalid-input` when a key column is null, or of a type that has no order. */
export function keyOf(schema: TableSchema, row: Row): string {
  if (schema.keyKind === 'path') return pathKey(row.path as string)
  let key = ''
  for (const name of schema.key) key += encodeValue(fieldOf(schema, name), row[name] ?? null)
  return key
}

/** The key of a path in `files`; also of a folder's beginning: pathKey('a/') starts the keys of all below it. */
export function pathKey(path: string): string {
  return bytesOf(foldPath(path))
}

function fieldOf({ columns }: TableSchema, name: string): Field {
  const field = columns.find((column) => column.name === name)
  if (field !== undefined) return field
  throw new VarveError('invalid-input', `the key column "${name}" is missing`, { column: name })
}

/** UTF-8 as a string of bytes. */
function bytesOf(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text).toString('latin1')
}

function encodeValue({ name, type }: Field, value: Value): string {
  if (value === null) {
    throw new VarveError('invalid-input', `the key column "${name}" is null, expected a value`, {
      column: name,
    })
  }
  switch (type.kind) {
    case 'utf8':
      return terminated(bytesOf(value as string))
    case 'binary':
      return terminated(Buffer.from(value as Uint8Array).toString('latin1'))
    case 'bool':
      return value === true ? '\x01' : '\x00'
    case 'float32':
    case 'float64':
      return encodeDouble(value as number)
    case 'decimal':
      return encodeInteger(value as bigint, 128n)
    case 'list':
    case 'struct': {
      const message = `the key column "${name}" is a ${type.kind}, expected a plain value`
      throw new VarveError('invalid-input', message, { column: name })
    }
    default:
      return encodeInteger(BigInt(value as number | bigint), 64n, type)
  }
}

/** Texts of a key of several columns must not run into each other: "a" + "bc" is not "ab" + "c". */
function terminated(bytes: string): string {
  return `${bytes.replaceAll('\0', '\0\xff')}\0\0`
}

function encodeInteger(value: bigint, bits: bigint, type?: DataType): string {
  const signed = type?.kind !== 'uint64'
  const shifted = BigInt.asUintN(Number(bits), signed ? value + (1n << (bits - 1n)) : value)
  const hex = shifted.toString(16).padStart(Number(bits) / 4, '0')
  return Buffer.from(hex, 'hex').toString('latin1')
}

function encodeDouble(value: number): string {
  const bytes = Buffer.alloc(8)
  // -0 and 0 are one value; every NaN is the same one.
  bytes.writeDoubleBE(value === 0 ? 0 : value)
  if (bytes[0]! < 0x80 || Number.isNaN(value)) bytes[0]! |= 0x80
  else for (let i = 0; i < 8; i++) bytes[i]! ^= 0xff
  return bytes.toString('latin1')
}
