/**
 * The lake's own words: an opened lake, its versions, and the tables they consist of.
 *
 * Everything that a version names is immutable and found by its hash, so it may be kept in memory for ever.
 */

import type { Field } from '../formats/batch.ts'
import type { Value } from '../formats/values.ts'
import type { ObjectStore } from '../store/types.ts'

export type { Value }

/** Settings of the rule that cuts a table into parts; see table/chunk.ts. The same for all writers of a lake. */
export interface Chunking {
  /** A part is never cut before it has this many rows. */
  readonly min: number
  /** About this many rows a part has. */
  readonly normal: number
  /** A part never has more rows. */
  readonly max: number
}

/** A lake, opened. Whoever opened the store closes it. */
export interface Lake {
  /** Its URL, ending in `/`. */
  readonly url: string
  /** Keys are relative to the lake. */
  readonly store: ObjectStore
  readonly chunking: Chunking
  /** Milliseconds since 1970; tests turn it. */
  readonly now: () => number
  /** Parsed immutable objects by their key. */
  readonly memo: Map<string, Promise<unknown>>
}

/** One row; an absent column is null. */
export type Row = Readonly<Record<string, Value>>

/** A table's columns and key, and what its rows must look like. */
export interface TableSchema {
  /** In the order that users see. */
  readonly columns: readonly Field[]
  /** Names of the key's columns; rows are sorted by them and have each key once. */
  readonly key: readonly string[]
  /** `path`: the key is a path, and two that differ only in case or Unicode form are the same one. */
  readonly keyKind: 'values' | 'path'
  /** A JSON Schema that each row fulfils, as the user gave it; undefined: types alone. */
  readonly rules?: Readonly<Record<string, unknown>> | undefined
}

/** A part: some neighbouring rows as one Parquet file under its SHA-256. */
export interface Part {
  readonly hash: string
  /** Hash of what the rows say, whatever place their bytes are at: equal data has equal hashes in every lake. */
  readonly content: string
  readonly rows: number
  readonly bytes: number
  /** Sum of the column `bytes`: what the files named here weigh together; 0 in other tables. */
  readonly payload: number
  /** Least and greatest key, encoded (table/key.ts): strings that compare as the keys do. */
  readonly min: string
  readonly max: string
  /** Least and greatest value by column, for columns of plain values; absent where all are null. */
  readonly zones: Readonly<Record<string, readonly [min: Value, max: Value]>>
  /** Columns with nulls among their values. */
  readonly nulls: readonly string[]
  /** The dataset whose folder holds it. */
  readonly home: string
}

/** A table of a version, opened: its schema and its parts in the order of the key. Rows are read by table/read.ts. */
export interface Table {
  readonly schema: TableSchema
  readonly parts: readonly Part[]
}

/** How a version names a table. */
export interface TableRef {
  /** SHA-256 of the list of parts. */
  readonly list: string
  /** SHA-256 of the schema. */
  readonly schema: string
  /** The dataset whose folder holds the list and the schema. */
  readonly home: string
  readonly rows: number
  /** Hash of the parts' hashes: equal for the same rows, whichever datasets hold the parts. */
  readonly parts: string
  /** Hash of what the table says, whatever place its bytes are at. */
  readonly content: string
}

export interface VersionParent {
  readonly dataset: string
  readonly number: number
  /** Its commit id: a number can be deleted, an id is never given twice. */
  readonly id: string
}

/** `provenance/dataset_description.json`: the commit. */
export interface VersionDescription {
  readonly format: 'varve-version'
  readonly version: 1
  /** The commit's id, by which a writer knows its own write again. */
  readonly id: string
  readonly dataset: string
  readonly number: number
  readonly label: string | null
  /** None: the first version. Two: a merge. */
  readonly parents: readonly VersionParent[]
  readonly author: string
  readonly message: string | null
  /** RFC 3339; never before its parents'. */
  readonly created_at: string
  /** Hash of the tables' contents: the same data has the same hash. */
  readonly hash: string
  readonly tables: Readonly<Record<string, TableRef>>
  /** Rows of `files`, and the bytes of the objects they name. */
  readonly files: number
  readonly bytes: number
}

/** A difference of two tables in one row. */
export interface RowChange {
  /** The encoded key. */
  readonly key: string
  /** Undefined: added. */
  readonly old: Row | undefined
  /** Undefined: removed. */
  readonly new: Row | undefined
}

/** What a writer wants: a row under its key, or none. */
export interface Change {
  readonly key: string
  readonly row: Row | undefined
}

/** A key that both sides changed since their common base. */
export interface Conflict {
  readonly table: string
  /** The key's values, as a user knows them. */
  readonly key: Row
}
