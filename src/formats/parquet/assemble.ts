/**
 * Columns in Arrow's layout from levels and values
 * (https://github.com/apache/parquet-format/blob/master/README.md#nested-encoding): each vector asks the levels of the
 * first stored column below it which of its values are there, and how many items its lists have.
 */

import { isAscii, isUtf8 } from 'node:buffer'
import type { ColumnVector } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import { absentVector } from './absent.ts'
import { converted, notText } from './convert.ts'
import type { Stored } from './cursor.ts'
import { badParquet } from './error.ts'
import type { Leaf, Node } from './types.ts'
import type { Dense, Memory } from './values/dense.ts'
import { typed } from './views.ts'

/** The places that a vector has a value or a null for: levels with at most this repetition, at least this definition. */
interface Places {
  readonly repetition: number
  readonly definition: number
}

const ROWS: Places = { repetition: 0, definition: 0 }

/** The vector of some rows of a column. */
export function vectorOf(
  node: Node,
  rows: number,
  stored: (leaf: Leaf) => Stored,
  memory: Memory,
): ColumnVector {
  const { allocate } = memory
  return build(node, ROWS, rows)

  function build(part: Node, places: Places, length: number): ColumnVector {
    if (part.kind === 'absent') return absentVector(part.type, length)
    if (part.kind === 'leaf') return leafVector(part.leaf, stored(part.leaf), places, length, memory)
    const first = firstLeaf(part)
    // A struct without fields is as good as there.
    if (first === undefined) return { length, children: [] }
    const levels = stored(first)
    if (part.kind === 'struct') {
      const validity = validityOf(levels, places, part.definition, length, allocate)
      return { length, validity, children: part.fields.map((field) => build(field, places, length)) }
    }
    const validity = validityOf(levels, places, part.definition - 1, length, allocate)
    const { repetition, definition } = part
    const offsets = offsetsOf(levels, places, { repetition, definition }, length, allocate)
    const items = build(part.item, { repetition, definition }, offsets[length]!)
    return { length, validity, offsets, children: [items] }
  }
}

/** The stored columns that a column is made of. */
export function leavesOf(node: Node): Leaf[] {
  if (node.kind === 'absent') return []
  if (node.kind === 'leaf') return [node.leaf]
  return node.kind === 'list' ? leavesOf(node.item) : node.fields.flatMap(leavesOf)
}

function firstLeaf(node: Node): Leaf | undefined {
  return leavesOf(node)[0]
}

/** How many places there are; other stored columns of the same struct must agree. */
function checkLength(actual: number, expected: number): void {
  if (actual !== expected)
    throw badParquet(`the levels of a column make ${actual} values, expected ${expected} as those beside it`)
}

function validityOf(
  { entries, definition, repetition }: Stored,
  places: Places,
  there: number,
  length: number,
  allocate: Allocate,
): Uint8Array | undefined {
  if (there <= places.definition || definition === undefined) {
    if (repetition === undefined) checkLength(entries, length)
    return undefined
  }
  const bits = new Uint8Array(allocate((length + 8) >> 3), 0, (length + 7) >> 3)
  bits.fill(0)
  let at = 0
  let valid = 0
  for (let i = 0; i < entries; i++) {
    if (
      definition[i]! < places.definition ||
      (repetition !== undefined && repetition[i]! > places.repetition)
    )
      continue
    if (definition[i]! >= there && at < length) {
      bits[at >> 3]! |= 1 << (at & 7)
      valid++
    }
    at++
  }
  checkLength(at, length)
  return valid === length ? undefined : bits
}

function offsetsOf(
  { entries, definition, repetition }: Stored,
  places: Places,
  items: Places,
  length: number,
  allocate: Allocate,
): Int32Array {
  const offsets = new Int32Array(allocate((length + 1) * 4), 0, length + 1)
  offsets[0] = 0
  let at = 0
  let count = 0
  for (let i = 0; i < entries; i++) {
    const level = definition![i]!
    const again = repetition![i]!
    if (again <= places.repetition && level >= places.definition) {
      at++
      if (at > length) break
    }
    if (again <= items.repetition && level >= items.definition) count++
    offsets[at] = count
  }
  checkLength(at, length)
  return offsets
}

function leafVector(
  leaf: Leaf,
  stored: Stored,
  places: Places,
  length: number,
  memory: Memory,
): ColumnVector {
  const { allocate } = memory
  const dense = converted(stored.values, leaf, memory)
  const { type } = leaf
  if (dense.data !== stored.values.data) memory.recycle?.(stored.values.data.buffer)
  if (type.kind === 'utf8' && !isText(dense)) throw notText(leaf)
  const validity = validityOf(stored, places, leaf.maxDefinition, length, allocate)
  const there = validity === undefined ? length : dense.count
  checkLength(dense.count, there)
  if (validity !== undefined) spread(dense, validity, length)
  if (type.kind === 'bool') {
    const values = packed(dense.data, length, allocate)
    memory.recycle?.(dense.data.buffer)
    return { length, validity, values }
  }
  if (dense.width === 0)
    return {
      length,
      validity,
      offsets: dense.offsets.subarray(0, length + 1),
      values: dense.data.subarray(0, dense.used),
    }
  return { length, validity, values: typed(type, dense.data.buffer, length) }
}

/** Every value by itself: half a character at the end of one and the rest in the next make a valid slab. */
function isText({ data, offsets, used, count }: Dense): boolean {
  const slab = data.subarray(0, used)
  if (isAscii(slab)) return true
  if (!isUtf8(slab)) return false
  for (let i = 1; i < count; i++) if (offsets[i]! < used && (data[offsets[i]!]! & 0xc0) === 0x80) return false
  return true
}

/** Moves values apart so that nulls have room, in place from the last one on. */
function spread(dense: Dense, validity: Uint8Array, length: number): void {
  const { width, count } = dense
  dense.reserve(length - count, width * (length - count))
  let from = count
  if (width === 0) {
    const { offsets } = dense
    for (let to = length; to > 0; to--) {
      offsets[to] = offsets[from]!
      if ((validity[(to - 1) >> 3]! >> ((to - 1) & 7)) & 1) from--
    }
    return
  }
  // As whole numbers: a double that is none might lose its bits on the way.
  const unit = width % 4 === 0 ? 4 : 1
  const cells = unit === 4 ? new Int32Array(dense.data.buffer, 0, dense.data.length >> 2) : dense.data
  const each = width / unit
  for (let to = length - 1; to >= 0; to--) {
    if (((validity[to >> 3]! >> (to & 7)) & 1) === 0) {
      // What stands under a null is never looked at, but memory is used again and must not tell.
      for (let k = 0; k < each; k++) cells[to * each + k] = 0
      continue
    }
    from--
    for (let k = 0; k < each; k++) cells[to * each + k] = cells[from * each + k]!
  }
}

function packed(flags: Uint8Array, length: number, allocate: Allocate): Uint8Array {
  const bits = new Uint8Array(allocate(Math.max(1, (length + 7) >> 3)), 0, (length + 7) >> 3)
  bits.fill(0)
  for (let i = 0; i < length; i++) if (flags[i] !== 0) bits[i >> 3]! |= 1 << (i & 7)
  return bits
}
