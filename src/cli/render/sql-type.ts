/** SQL types by their names, as DuckDB writes them: `STRUCT(a INTEGER, b MAP(VARCHAR, DOUBLE[]))[]`. */

export interface SqlType {
  /** Upper case, without arguments: INTEGER, DECIMAL, LIST, ARRAY, STRUCT, MAP, UNION, … */
  readonly name: string
  /** LIST and ARRAY: one item; STRUCT and UNION: the fields; MAP: key and value. */
  readonly children: readonly { readonly name: string; readonly type: SqlType }[]
  /** Numbers or texts in its parentheses, where they are no types: `(18,3)`. */
  readonly args?: string
}

const INTEGER_NAMES: Readonly<Record<string, string>> = {
  TINYINT: 'int8',
  SMALLINT: 'int16',
  INTEGER: 'int32',
  BIGINT: 'int64',
  HUGEINT: 'int128',
  UTINYINT: 'uint8',
  USMALLINT: 'uint16',
  UINTEGER: 'uint32',
  UBIGINT: 'uint64',
  UHUGEINT: 'uint128',
}

/** A type's name in a table's header, as the DuckDB CLI writes it: `int64`, `int32[]`, `struct(a integer)`. */
export function displayType(sqlType: string): string {
  // The fields of row(1, 'x') have empty names, which DuckDB's own header leaves out.
  const shown = sqlType.replace(/([(,] ?)"" /g, '$1')
  const [, base = shown, lists = ''] = /^([\s\S]*?)((?:\[\])*)$/.exec(shown) ?? []
  return (INTEGER_NAMES[base] ?? base.toLowerCase()) + lists
}

/** The structure in a type's name; a name that is not understood is a type without children. */
export function parseSqlType(text: string): SqlType {
  const parser = { text, at: 0 }
  const type = parseType(parser)
  return parser.at === text.length ? type : { name: text.toUpperCase(), children: [] }
}

interface Parser {
  readonly text: string
  at: number
}

const TWO_WORD_TYPES = /^(?:TIMESTAMP|TIME) WITH TIME ZONE/i

function parseType(parser: Parser): SqlType {
  const words = take(parser, /[A-Za-z_][A-Za-z0-9_ ]*|"(?:[^"]|"")*"/y).trim()
  const name = words.toUpperCase()
  let type: SqlType = { name, children: [] }
  if (parser.text[parser.at] === '(') {
    if (name === 'STRUCT' || name === 'UNION') type = { name, children: parseFields(parser) }
    else if (name === 'MAP') {
      const [key, value] = parseFields(parser)
      if (key && value) type = { name, children: [named('key', key.type), named('value', value.type)] }
    } else type = { name, children: [], args: take(parser, /\((?:'(?:[^']|'')*'|[^()'])*\)/y) }
  }
  for (;;) {
    const suffix = take(parser, /\[\d*\]/y)
    if (suffix === '') return type
    type = { name: suffix === '[]' ? 'LIST' : 'ARRAY', children: [named('', type)] }
  }
}

const named = (name: string, type: SqlType) => ({ name, type })

/** `(a INTEGER, "b c" VARCHAR)`; the fields of `row(…)` and of MAP have no names. */
function parseFields(parser: Parser): { name: string; type: SqlType }[] {
  const fields: { name: string; type: SqlType }[] = []
  if (take(parser, /\(\s*\)/y) !== '') return fields
  let mark = take(parser, /\(\s*/y)
  while (mark !== '' && !mark.startsWith(')')) {
    let name = ''
    if (!TWO_WORD_TYPES.test(parser.text.slice(parser.at)))
      name = take(parser, /(?:"(?:[^"]|"")*"|[^\s"(),[\]]+)(?= )/y)
    take(parser, / */y)
    fields.push(named(name.replace(/^"|"$/g, '').replaceAll('""', '"'), parseType(parser)))
    mark = take(parser, /\s*[,)]\s*/y).trim()
  }
  return fields
}

function take(parser: Parser, pattern: RegExp): string {
  pattern.lastIndex = parser.at
  const found = pattern.exec(parser.text)?.[0] ?? ''
  parser.at += found.length
  return found
}
