/** What clients ask: JSON bodies, checked. */

import * as z from 'zod'
import { VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import { type Constant, fitConstant } from '../scan/constants.ts'
import type { Argument, Bound, Predicate } from '../scan/types.ts'
import { ASK, type Frame } from './wire.ts'

const argument: z.ZodType<Argument> = z.lazy(() =>
  z.union([z.null(), z.boolean(), z.number(), z.string(), z.array(argument), z.record(z.string(), argument)]),
)

const constant: z.ZodType<Constant> = z.union([
  z.tuple([z.literal('boolean'), z.boolean()]),
  z.tuple([z.enum(['integer', 'decimal']), z.string()]),
  z.tuple([z.literal('double'), z.number()]),
  z.tuple([z.enum(['text', 'date', 'timestamp', 'timestamptz']), z.string()]),
]) as z.ZodType<Constant>

const number = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

const hello = z.object({
  protocol: number,
  /** Name and version, for messages. */
  client: z.string().max(200),
  /** The lake's URL; absent: the engine's own. */
  lake: z.string().optional(),
})

const bind = z.object({
  id: number,
  name: z.string(),
  args: z.array(argument),
  named: z.record(z.string(), argument),
})

/** Advice: a condition that cannot prune is left out, and whoever asks still filters. */
const predicate = z.object({
  column: z.string(),
  op: z.enum(['=', '<', '<=', '>', '>=', 'in', 'is null', 'starts with']),
  values: z.array(constant),
})

const scan = z.object({
  id: number,
  bound: number,
  columns: z.array(number),
  predicates: z.array(predicate),
  slots: z.int().min(1).max(64),
})

const name = z.object({ id: number, uri: z.string() })

const place = z.int().min(0)
const read = z.object({ id: number, uri: z.string(), ranges: z.array(z.tuple([place, place])) })

const slot = z.object({ id: number, slot: number })
const one = z.object({ id: number })

export type Hello = z.infer<typeof hello>

export type Request =
  | ({ readonly ask: 'hello' } & Hello)
  | ({ readonly ask: 'bind' } & z.infer<typeof bind>)
  | ({ readonly ask: 'scan' } & z.infer<typeof scan>)
  | ({ readonly ask: 'opened' | 'release' } & z.infer<typeof slot>)
  | ({ readonly ask: 'close' | 'unbind' } & z.infer<typeof one>)
  | FilesRequest

/** About files of the lake. */
export type FilesRequest =
  | ({ readonly ask: 'look' | 'list' } & z.infer<typeof name>)
  | ({ readonly ask: 'read' } & z.infer<typeof read>)

const BODIES = {
  hello,
  bind,
  scan,
  opened: slot,
  release: slot,
  close: one,
  unbind: one,
  look: name,
  list: name,
  read,
} as const

/** The request in a frame; `invalid-input` names what is wrong with it. */
export function requestIn({ kind, body }: Frame): Request {
  const ask = (Object.keys(ASK) as (keyof typeof ASK)[]).find((name) => ASK[name] === kind)
  if (ask === undefined) throw new VarveError('invalid-input', `bridge: unknown kind of request ${kind}`)
  let json: unknown
  try {
    json = JSON.parse(body.toString())
  } catch (error) {
    throw new VarveError('invalid-input', `bridge: the body of ${ask} is not JSON`, {}, error)
  }
  const parsed = BODIES[ask].safeParse(json)
  if (parsed.success) return { ask, ...parsed.data } as Request
  const [issue] = parsed.error.issues
  throw new VarveError('invalid-input', `bridge: ${ask}: ${issue!.path.join('.')}: ${issue!.message}`)
}

/** The conditions about columns with zones, with values of those columns' types. */
export function predicatesFor(
  predicates: Extract<Request, { ask: 'scan' }>['predicates'],
  { columns, zones }: Bound,
): Predicate[] {
  return predicates.flatMap(({ column, op, values }) => {
    const field = fieldNamed(columns, column)
    if (field === undefined || !zones.includes(field.name)) return []
    if (op === 'starts with' && field.type.kind !== 'utf8') return []
    const fitted = values.map((value) => fitConstant(value, field.type))
    const known = fitted.filter((value) => value !== undefined)
    return known.length === fitted.length ? [{ column: field.name, op, values: known }] : []
  })
}

/** Zones know columns by name, so a name that stands twice has none. */
function fieldNamed(columns: readonly Field[], name: string): Field | undefined {
  const found = columns.filter((field) => field.name === name)
  return found.length === 1 ? found[0] : undefined
}
