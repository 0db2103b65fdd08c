/** What a footer says, as far as it is used here (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift). */

import type { DataType } from '../batch.ts'

export type Physical = 'boolean' | 'int32' | 'int64' | 'int96' | 'float' | 'double' | 'bytes' | 'fixed'

/** How a value as it is stored becomes one of its column's type; 'none': the bytes are the same. */
export type Conversion =
  | 'none'
  | 'flag'
  | 'narrow'
  | 'milliseconds of a day'
  | 'milliseconds'
  | 'nanoseconds'
  | 'julian'
  | 'decimal'
  | 'large decimal'
  | 'half'
  | 'uuid'
  | 'interval'
  /** Of a fixed length to offsets and bytes. */
  | 'cut'

/** A column as it is stored: levels and values. */
export interface Leaf {
  /** Which of a row group's column chunks. */
  readonly chunk: number
  readonly name: string
  readonly physical: Physical
  /** Bytes of a stored value; 0 where each has a length of its own. */
  readonly width: number
  readonly conversion: Conversion
  readonly type: DataType
  /** Decimals above 38 digits. */
  readonly scale: number
  /** The definition level of a value that is there, and the repetition level of an item of its innermost list. */
  readonly maxDefinition: number
  readonly maxRepetition: number
}

/** A column's type as a tree, over the stored columns that it is made of. */
export type Node = LeafNode | StructNode | ListNode | AbsentNode

export interface LeafNode {
  readonly kind: 'leaf'
  readonly type: DataType
  readonly leaf: Leaf
}

export interface StructNode {
  readonly kind: 'struct'
  readonly type: DataType
  /** The definition level from which on it is there. */
  readonly definition: number
  readonly fields: readonly Node[]
}

export interface ListNode {
  readonly kind: 'list'
  readonly type: DataType
  /** The definition level from which on there is an item; the list itself is there from one below. */
  readonly definition: number
  /** The repetition level of items behind the first. */
  readonly repetition: number
  readonly item: Node
}

/** What nobody wants, and is not fetched: all NULL. */
export interface AbsentNode {
  readonly kind: 'absent'
  readonly type: DataType
}

export interface TopColumn {
  readonly name: string
  readonly node: Node
}

/** Bounds of a column chunk's values, as they are stored. */
export interface Statistics {
  readonly min?: Uint8Array | undefined
  readonly max?: Uint8Array | undefined
  /** The bounds are the old ones, which were compared as signed numbers whatever the type. */
  readonly signedOnly: boolean
  readonly nulls?: number | undefined
}

export interface Chunk {
  /** Source bytes [start, end), the dictionary's page included. */
  readonly start: number
  readonly end: number
  readonly codec: number
  /** Levels, nulls and empty lists included. */
  readonly values: number
  readonly uncompressed: number
  readonly statistics: Statistics | undefined
}

export interface RowGroup {
  readonly firstRow: number
  readonly rows: number
  readonly uncompressed: number
  readonly chunks: readonly Chunk[]
}

export interface Footer {
  readonly columns: readonly TopColumn[]
  readonly leaves: readonly Leaf[]
  /** Those with rows. */
  readonly groups: readonly RowGroup[]
  /** By leaf: bounds are compared as its type is. */
  readonly ordered: readonly boolean[]
}

/** What a layout's dialect holds. */
export interface ParquetDialect {
  /** Source bytes [from, to) of the footer. */
  readonly footer: readonly [from: number, to: number]
  readonly binaryAsString: boolean
}
