/** Zones from the statistics that a footer has of column chunks. */

import { isUtf8 } from 'node:buffer'
import type { Zone, ZoneValue } from '../text/types.ts'
import type { Chunk, Footer, Leaf, RowGroup, TopColumn } from './types.ts'

/** The columns that can have zones, with what they are stored in: not lists, nor what is in structs. */
function zoneLeaves({ columns, leaves, groups }: Footer): { name: string; leaf: Leaf }[] {
  return columns.flatMap(({ name, node }: TopColumn) => {
    if (node.kind !== 'leaf' || !hasOrder(node.leaf)) return []
    const { leaf } = node
    const known = groups.some((group) => group.chunks[leaf.chunk]!.statistics !== undefined)
    return known && leaves[leaf.chunk] === leaf ? [{ name, leaf }] : []
  })
}

/** Types whose order is that of their zones. The one of INT96, INTERVAL and halves is nobody's. */
function hasOrder({ type, conversion, physical }: Leaf): boolean {
  if (
    conversion === 'julian' ||
    conversion === 'interval' ||
    conversion === 'half' ||
    conversion === 'large decimal'
  )
    return false
  if (conversion === 'decimal') return physical !== 'bytes'
  return type.kind !== 'binary'
}

export function zoneNames(footer: Footer): string[] {
  return zoneLeaves(footer).map(({ name }) => name)
}

/** The zones of each row group, one per `zoneNames`; undefined where they are not known. */
export function groupZones(footer: Footer): (group: RowGroup) => (Zone | undefined)[] {
  const leaves = zoneLeaves(footer).map(({ leaf }) => ({ leaf, ordered: footer.ordered[leaf.chunk]! }))
  return (group) => leaves.map(({ leaf, ordered }) => zoneOf(leaf, group.chunks[leaf.chunk]!, ordered))
}

function zoneOf(leaf: Leaf, { statistics, values }: Chunk, ordered: boolean): Zone | undefined {
  if (statistics === undefined) return undefined
  const { min, max, signedOnly, nulls } = statistics
  if (nulls !== undefined && nulls === values) return { min: null, max: null, nulls: true }
  if (min === undefined || max === undefined) return undefined
  // The old bounds, and those of files that do not say how they compare, are sure for signed numbers only.
  if ((signedOnly || !ordered) && !isSigned(leaf)) return undefined
  const low = bound(leaf, min, false)
  const high = bound(leaf, max, true)
  if (low === undefined || high === undefined) return undefined
  return { min: low, max: high, nulls: nulls !== 0 }
}

function isSigned({ type, physical, conversion }: Leaf): boolean {
  if (type.kind.startsWith('uint')) return false
  return physical !== 'bytes' && physical !== 'fixed' && conversion !== 'uuid'
}

/** A bound as a value of the zone, which may be wider, never narrower; undefined where it says nothing sure. */
function bound(leaf: Leaf, bytes: Uint8Array, upper: boolean): ZoneValue | undefined {
  const { type, conversion, physical, width } = leaf
  if (type.kind === 'utf8') return conversion === 'uuid' ? uuidBound(bytes) : textBound(bytes)
  if (conversion === 'decimal') return decimalBound(leaf, bytes, upper)
  if (bytes.length !== width) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  switch (physical) {
    case 'boolean':
      return bytes[0] !== 0
    case 'float':
    case 'double': {
      const value = physical === 'float' ? view.getFloat32(0, true) : view.getFloat64(0, true)
      if (Number.isNaN(value)) return undefined
      // A writer leaves NaN out of its statistics, and SQL has it above all numbers.
      return upper ? Number.POSITIVE_INFINITY : value
    }
    case 'int32':
      return int32Bound(leaf, view)
    case 'int64':
      return int64Bound(leaf, view)
    default:
      return undefined
  }
}

function int32Bound({ type, conversion }: Leaf, view: DataView): ZoneValue {
  const value = type.kind === 'uint32' ? view.getUint32(0, true) : view.getInt32(0, true)
  if (conversion === 'milliseconds of a day') return BigInt(value) * 1000n
  return type.kind === 'date' ? BigInt(value) : value
}

function int64Bound({ type, conversion }: Leaf, view: DataView): ZoneValue {
  const value = type.kind === 'uint64' ? view.getBigUint64(0, true) : view.getBigInt64(0, true)
  if (conversion === 'milliseconds') return value * 1000n
  return conversion === 'nanoseconds' ? value / 1000n : value
}

function floored(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

/**
 * Zones of decimals are whole numbers, one further out: what a WHERE compares with has been through a double.
 * Beyond 64 bits an index cannot keep them.
 */
function decimalBound(
  { type, physical, width }: Leaf,
  bytes: Uint8Array,
  upper: boolean,
): ZoneValue | undefined {
  if (type.kind !== 'decimal' || bytes.length !== width) return undefined
  const big = physical === 'fixed' ? bytes : Uint8Array.from(bytes).reverse()
  const value = BigInt.asIntN(big.length * 8, BigInt(`0x${Buffer.from(big).toString('hex')}`))
  const whole = floored(value, 10n ** BigInt(type.scale)) + (upper ? 2n : -1n)
  return BigInt.asIntN(64, whole) === whole ? whole : undefined
}

/** Long texts may be cut off, a cut upper bound made larger: either compares byte by byte, if it is text at all. */
function textBound(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : undefined
}

function uuidBound(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 16) return undefined
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
