/**
 * Random queries over the fixtures: relations in relations, joined, united, with conditions everywhere. Constants stand
 * between « and », so that they can become parameters.
 */

import * as fc from 'fast-check'
import type { Column, Fixture } from './fixture.ts'
import { FIXTURES } from './fixtures.ts'

/** What stands in a FROM, and what columns it has. */
interface Relation {
  readonly sql: string
  readonly columns: readonly Column[]
  /** Its rows come in a known order: a LIMIT picks the same ones every time. */
  readonly ordered: boolean
}

export interface GeneratedQuery {
  readonly sql: string
  readonly how: 'literals' | 'execute' | 'parameters'
  readonly ordered: boolean
}

const OPS = ['=', '<', '<=', '>', '>=', '<>', 'is not distinct from']

/** One condition on a column; `q` qualifies it. */
function conditionOn(column: Column, q: string): fc.Arbitrary<string> {
  const name = `${q}${column.name}`
  const constant = fc.constantFrom(...column.samples).map((sample) => `«${sample}»`)
  const texts = column.kind === 'text' ? 2 : 0
  const cut = fc.tuple(fc.constantFrom(...column.samples), fc.integer({ min: 1, max: 3 }))
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constantFrom(...OPS), constant).map(([op, c]) => `${name} ${op} ${c}`),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(...OPS), constant).map(([op, c]) => `${c} ${op} ${name}`),
    },
    { weight: 2, arbitrary: fc.tuple(constant, constant).map(([a, b]) => `${name} between ${a} and ${b}`) },
    {
      weight: 2,
      arbitrary: fc
        .array(constant, { minLength: 1, maxLength: 3 })
        .map((list) => `${name} in (${list.join(', ')})`),
    },
    { weight: 1, arbitrary: fc.constantFrom(`${name} is null`, `${name} is not null`) },
    { weight: column.kind === 'flag' ? 2 : 0, arbitrary: fc.constant(name) },
    {
      weight: texts,
      arbitrary: cut.map(([sample, n]) => {
        const prefix = (/^'((?:[^']|'')*)'/.exec(sample)?.[1] ?? 'a').replaceAll("''", "'")
        const some = [...prefix].slice(0, n).join('').replaceAll("'", "''")
        return n === 1
          ? `${name} like '${some}%'`
          : n === 2
            ? `starts_with(${name}, «'${some}'»)`
            : `${name} like '${some}!%%' escape '!'`
      }),
    },
  )
}

/** Conditions on columns of one relation, joined by AND, OR and NOT. */
function conditionsOn(columns: readonly Column[], q = ''): fc.Arbitrary<string> {
  if (columns.length === 0) return fc.constant('true')
  const one = fc.constantFrom(...columns).chain((column) => conditionOn(column, q))
  return fc.oneof(
    { weight: 5, arbitrary: one },
    { weight: 3, arbitrary: fc.array(one, { minLength: 2, maxLength: 3 }).map((all) => all.join(' and ')) },
    {
      weight: 2,
      arbitrary: fc.array(one, { minLength: 2, maxLength: 3 }).map((all) => `(${all.join(' or ')})`),
    },
    { weight: 1, arbitrary: fc.tuple(one, one).map(([a, b]) => `not (${a} or ${b})`) },
    { weight: 1, arbitrary: one.map((a) => `not (${a})`) },
    { weight: 1, arbitrary: fc.tuple(one, one).map(([a, b]) => `coalesce(${a}, ${b})`) },
  )
}

function leaf(paths: ReadonlyMap<string, string>): fc.Arbitrary<Relation> {
  return fc
    .tuple(fc.constantFrom(...FIXTURES, FIXTURES[0]!, FIXTURES[0]!), fc.boolean())
    .map(([fixture, view]) => ({
      sql: view ? viewName(fixture) : callOf(fixture, paths),
      columns: fixture.columns,
      ordered: true,
    }))
}

export const viewName = ({ name }: Fixture): string => `v_${name.replace('.', '_')}`

export function callOf({ name, call }: Fixture, paths: ReadonlyMap<string, string>): string {
  return call.replace('?', `'${paths.get(name)!}'`)
}

let names = 0

/** `alias` for a relation, unlike all others. */
const fresh = (): string => `r${names++}`

/** A subquery that picks, renames, computes or cuts. */
function derived(inner: Relation): fc.Arbitrary<Relation> {
  const { columns } = inner
  const some = fc.subarray([...columns], { minLength: 1 })
  const where = fc.option(conditionsOn(columns), { nil: undefined })
  return fc
    .tuple(some, where, fc.nat({ max: 9 }), fc.boolean(), fc.integer({ min: 1, max: 400 }))
    .map(([picked, condition, kind, renamed, n]) => {
      const from = `from ${inner.sql}${condition === undefined ? '' : ` where ${condition}`}`
      const named = picked.map((column, i) => ({ ...column, name: renamed ? `c${i}` : column.name }))
      const list = picked.map(({ name }, i) => (renamed ? `${name} as c${i}` : name)).join(', ')
      const first = columns[0]!.name
      const rest = columns.filter(({ name }) => name !== first)
      const other = (sql: string, out: readonly Column[], ordered = inner.ordered): Relation => ({
        sql: `(${sql})`,
        columns: out,
        ordered,
      })
      switch (kind) {
        case 0:
          return other(`select * ${from}`, columns)
        case 1:
          return rest.length === 0 ? other(from, columns) : other(`select * exclude (${first}) ${from}`, rest)
        case 2:
          return other(`select * replace (null as ${first}) ${from}`, rest.length === 0 ? columns : rest)
        case 3:
          return other(`select distinct ${list} ${from}`, named, false)
        case 4:
          return inner.ordered && condition === undefined
            ? other(`select ${list} ${from} limit ${n} offset ${n % 7}`, named)
            : other(`select ${list} ${from}`, named)
        case 5:
          return other(`select ${list}, 1 as one_more ${from}`, named)
        case 6:
          return other(`with c as (${from}) select ${list} from c`, named)
        case 7:
          return other(`select ${list}, count(*) over () as counted ${from}`, named, false)
        default:
          return other(`select ${list} ${from}`, named)
      }
    })
}

function united(left: Relation, right: Relation): fc.Arbitrary<Relation> {
  return fc.constantFrom('union all', 'union', 'union all by name', 'by position').map((kind) => {
    if (kind === 'union all by name') {
      const sql = `(from ${left.sql} ${kind} from ${right.sql})`
      const shared = left.columns.filter(({ name }) => right.columns.some((other) => other.name === name))
      return { sql, columns: shared.length > 0 ? shared : left.columns, ordered: false }
    }
    if (kind === 'by position')
      return { sql: `(from ${left.sql} union all from ${left.sql})`, columns: left.columns, ordered: false }
    const width = Math.min(left.columns.length, right.columns.length, 3)
    const list = (columns: readonly Column[]): string =>
      columns
        .slice(0, width)
        .map(({ name }) => name)
        .join(', ')
    return {
      sql: `(select ${list(left.columns)} from ${left.sql} ${kind} select ${list(right.columns)} from ${right.sql})`,
      columns: left.columns.slice(0, width),
      ordered: false,
    }
  })
}

const JOINS = ['join', 'left join', 'right join', 'full join', 'semi join', 'anti join']

function joined(left: Relation, right: Relation): fc.Arbitrary<Relation> {
  const [a, b] = [fresh(), fresh()]
  const numbers = (relation: Relation): Column[] => relation.columns.filter(({ kind }) => kind === 'number')
  const [l] = numbers(left)
  const [r] = numbers(right)
  const on = fc.tuple(
    fc.option(conditionsOn(left.columns, `${a}.`), { nil: undefined }),
    fc.option(conditionsOn(right.columns, `${b}.`), { nil: undefined }),
  )
  return fc.tuple(fc.constantFrom(...JOINS), on, fc.boolean()).map(([kind, more, using]) => {
    const shared = left.columns.find(
      (column) =>
        column.kind === 'number' && right.columns.some((o) => o.name === column.name && o.kind === 'number'),
    )
    const equal = l === undefined || r === undefined ? 'false' : `${a}.${l.name} = ${b}.${r.name}`
    const condition = [equal, ...more.filter((one) => one !== undefined)].join(' and ')
    const how = using && shared !== undefined ? `using (${shared.name})` : `on ${condition}`
    const only = kind.startsWith('semi') || kind.startsWith('anti')
    const picked = [
      ...left.columns.slice(0, 3).map((column) => ({ column, from: a })),
      ...(only ? [] : right.columns.slice(0, 3).map((column) => ({ column, from: b }))),
    ]
    const columns = picked.map(({ column }, i) => ({ ...column, name: `j${i}` }))
    const list = picked.map(({ column, from }, i) => `${from}.${column.name} as j${i}`).join(', ')
    const merged = using && shared !== undefined ? `, ${shared.name} as merged` : ''
    return {
      sql: `(select ${list}${merged} from ${left.sql} ${a} ${kind} ${right.sql} ${b} ${how})`,
      columns: merged === '' ? columns : [...columns, { ...shared!, name: 'merged' }],
      ordered: false,
    }
  })
}

function relation(paths: ReadonlyMap<string, string>, depth: number): fc.Arbitrary<Relation> {
  const one = leaf(paths)
  if (depth === 0) return one
  const inner = relation(paths, depth - 1)
  return fc.oneof(
    { weight: 2, arbitrary: one },
    { weight: 5, arbitrary: inner.chain(derived) },
    { weight: 2, arbitrary: fc.tuple(inner, inner).chain(([a, b]) => united(a, b)) },
    { weight: 2, arbitrary: fc.tuple(inner, inner).chain(([a, b]) => joined(a, b)) },
  )
}

/** Queries over the fixtures at these paths. */
export function queries(paths: ReadonlyMap<string, string>): fc.Arbitrary<GeneratedQuery> {
  const how = fc.constantFrom(
    'literals' as const,
    'literals' as const,
    'execute' as const,
    'parameters' as const,
  )
  return fc
    .integer({ min: 0, max: 3 })
    .chain((depth) => relation(paths, depth))
    .chain((from) => fc.tuple(fc.constant(from), conditionsOn(from.columns), fc.nat({ max: 5 }), how))
    .map(([from, condition, shape, mode]) => {
      const q = fresh()
      const list = from.columns.map(({ name }) => name).join(', ')
      const body = `from ${from.sql} ${q} where ${condition}`
      const last = from.columns.at(-1)!.name
      const shapes = [
        `select ${list} ${body}`,
        `select * ${body}`,
        `select count(*), min(${last}), count(distinct ${last}) ${body}`,
        `with c as (select * from ${from.sql}) select ${list} from c where ${condition}`,
        `select ${list} ${body} order by all limit 20`,
        `select (select count(*) ${body}), exists (${body})`,
      ]
      return { sql: shapes[shape]!, how: mode, ordered: from.ordered && shape < 2 }
    })
}
