/** INFO and FORMAT keys as fields of structs: their names and types. */

import type { DataType, Field } from '../batch.ts'
import type { Declaration } from './header.ts'

/** Plain JSON: it is part of a file's layout. */
export interface VcfField {
  /** The key in the file. */
  readonly id: string
  /** Its name in SQL. */
  readonly name: string
  readonly kind: 'int' | 'float' | 'text' | 'flag'
  readonly list: boolean
}

const KINDS: Readonly<Record<string, VcfField['kind']>> = { Integer: 'int', Float: 'float', Flag: 'flag' }

function fieldOf({ id, number, type }: Declaration, genotypes: boolean): Omit<VcfField, 'name'> {
  // A genotype is text whatever old files declare, and FORMAT knows no flags (VCFv4.5, 1.4.4).
  if (genotypes && id === 'GT') return { id, kind: 'text', list: false }
  if (!genotypes && (type === 'Flag' || number === '0')) return { id, kind: 'flag', list: false }
  const kind = KINDS[type] ?? 'text'
  return { id, kind: kind === 'flag' ? 'text' : kind, list: number !== '1' }
}

/**
 * The fields of these declarations. SQL takes names that differ in case for one: the later of them gets `_1`, …;
 * so does one that has the name of `taken`.
 */
export function fieldsOf(
  declarations: readonly Declaration[],
  genotypes: boolean,
  taken: readonly string[] = [],
): VcfField[] {
  const names = new Set(taken)
  return declarations.map((declaration) => {
    let name = declaration.id
    for (let n = 1; names.has(name.toLowerCase()); n++) name = `${declaration.id}_${n}`
    names.add(name.toLowerCase())
    return { ...fieldOf(declaration, genotypes), name }
  })
}

const TYPES = {
  int: { kind: 'int32' },
  float: { kind: 'float32' },
  text: { kind: 'utf8' },
  flag: { kind: 'bool' },
} as const satisfies Record<VcfField['kind'], DataType>

export function typeOf({ kind, list }: VcfField): DataType {
  return list ? { kind: 'list', item: TYPES[kind] } : TYPES[kind]
}

export function structOf(fields: readonly VcfField[], before: readonly Field[] = []): DataType {
  return {
    kind: 'struct',
    fields: [...before, ...fields.map((field) => ({ name: field.name, type: typeOf(field) }))],
  }
}
