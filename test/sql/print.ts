/** Result values as DuckDB's own tests write them. */

import type { ColumnVector, DataType } from '../../src/formats/batch.ts'

/** One value as text; nested text as DuckDB prints lists and structs. */
export function printValue(type: DataType, column: ColumnVector, row: number): string {
  const { validity, offsets, values, children } = column
  const bit = (bits: Uint8Array): boolean => ((bits[row >> 3]! >> (row & 7)) & 1) === 1
  if (validity !== undefined && !bit(validity)) return 'NULL'
  switch (type.kind) {
    case 'utf8':
      return new TextDecoder().decode((values as Uint8Array).subarray(offsets![row]!, offsets![row + 1]!))
    case 'binary':
      return printBlob((values as Uint8Array).subarray(offsets![row]!, offsets![row + 1]!))
    case 'bool':
      return String(bit(values as Uint8Array))
    case 'float32':
    case 'float64':
      return printFloat(values![row] as number, type.kind === 'float32')
    case 'decimal':
      return printDecimal(values as Uint8Array, row, type.scale)
    case 'date':
      return new Date((values![row] as number) * 86_400_000).toISOString().slice(0, 10)
    case 'time':
      return printTime(values![row] as bigint)
    case 'timestamp': {
      const micros = values![row] as bigint
      const perDay = 86_400_000_000n
      const rest = ((micros % perDay) + perDay) % perDay
      const day = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 10)
      return `${day} ${printTime(rest)}${type.zoned ? '+00' : ''}`
    }
    case 'list': {
      const items: string[] = []
      for (let i = offsets![row]!; i < offsets![row + 1]!; i++)
        items.push(printValue(type.item, children![0]!, i))
      return `[${items.join(', ')}]`
    }
    case 'struct':
      return `{${type.fields.map(({ name, type: inner }, i) => `'${name}': ${printValue(inner, children![i]!, row)}`).join(', ')}}`
    default:
      return String(values![row])
  }
}

function printFloat(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  const text = single ? String(Number(value.toPrecision(8))) : String(value)
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}

function printDecimal(bytes: Uint8Array, row: number, scale: number): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + row * 16, 16)
  const value = (view.getBigInt64(8, true) << 64n) | view.getBigUint64(0, true)
  if (scale === 0) return String(value)
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function printTime(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n)
  const clock = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60, seconds % 60]
  const fraction = String(micros % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '')
  return (
    clock.map((part) => String(part).padStart(2, '0')).join(':') + (fraction === '' ? '' : `.${fraction}`)
  )
}

function printBlob(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    text +=
      byte >= 32 && byte < 127 && byte !== 92
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`
  }
  return text
}
