/**
 * Columns in Arrow's memory layout (https://arrow.apache.org/docs/format/Columnar.html), over plain
 * ArrayBuffers, so that a batch moves between threads by transfer, without a copy.
 *
 * Rejected: SharedArrayBuffer, because node-api's `copy_data_to_vector` refuses it and because its memory
 * is freed only when every thread has collected its handle. A moved buffer has one owner, who sends it back.
 */

export type DataType =
  | { readonly kind: 'bool' }
  | { readonly kind: 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64' }
  | { readonly kind: 'float32' | 'float64' }
  | { readonly kind: 'utf8' | 'binary' }
  /** Days since 1970-01-01, int32. */
  | { readonly kind: 'date' }
  /** Microseconds since midnight, int64. */
  | { readonly kind: 'time' }
  /** Microseconds since 1970-01-01 UTC, int64; `zoned` is SQL's TIMESTAMP WITH TIME ZONE. */
  | { readonly kind: 'timestamp'; readonly zoned?: boolean }
  /** 16 bytes, little-endian two's complement. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'list'; readonly item: DataType }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }

export interface Field {
  readonly name: string
  readonly type: DataType
}

export type ColumnValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array

export interface ColumnVector {
  /** Number of values. */
  readonly length: number
  /** One bit per value, least significant first, 1 = not null; absent when no value is null. */
  readonly validity?: Uint8Array | undefined
  /** utf8, binary and list: `length + 1` offsets, the first one 0. */
  readonly offsets?: Int32Array | undefined
  /** Fixed-width types: one entry per value (bool: one bit, decimal: 16 bytes); utf8 and binary: the bytes. */
  readonly values?: ColumnValues | undefined
  /** list: its items; struct: its fields, each as long as this vector. */
  readonly children?: readonly ColumnVector[] | undefined
}

/** What holds the values of number types. */
export const NUMBER_ARRAYS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const

/** Some rows of the projected columns, in the order of the projection. */
export interface ColumnBatch {
  readonly rows: number
  readonly columns: readonly ColumnVector[]
  /** The decoding thread whose memory it is, which must find its way back through threads that make copies of this. */
  readonly lender?: number | undefined
}

/** The buffers to move when a batch goes to another thread, each one once. */
export function batchBuffers(batch: ColumnBatch): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  const visit = (vector: ColumnVector): void => {
    for (const view of [vector.validity, vector.offsets, vector.values]) {
      if (view !== undefined) buffers.add(view.buffer as ArrayBuffer)
    }
    vector.children?.forEach(visit)
  }
  batch.columns.forEach(visit)
  return [...buffers]
}
