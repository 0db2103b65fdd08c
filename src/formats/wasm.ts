/**
 * As much of WebAssembly's binary format (https://webassembly.github.io/spec/core/binary/) as one function over a
 * memory needs: expressions and statements as their bytes, and the module around them.
 *
 * Rejected: text assembled by a tool, with its bytes kept beside it, which nobody could read or check.
 */

/** The bytes of an expression, which leaves a number of 32 or 64 bits, or of a statement, which leaves none. */
export type Code = readonly number[]

const BLOCK_OF_NOTHING = 0x40
const INT32 = 0x7f
const VECTOR = 0x7b
const FUNCTION = 0x60

function unsigned(value: number): number[] {
  const bytes: number[] = []
  let left = value
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return [...bytes, left]
}

function signed(value: number): number[] {
  const bytes: number[] = []
  let left = value
  for (; left < -64 || left > 63; left >>= 7) bytes.push((left & 127) | 128)
  return [...bytes, left & 127]
}

const pair =
  (operation: number) =>
  (a: Code, b: Code): Code => [...a, ...b, operation]

export const equal = pair(0x46)
export const below = pair(0x49)
export const atLeast = pair(0x4f)
export const plus = pair(0x6a)
export const minus = pair(0x6b)
export const and = pair(0x71)
export const or = pair(0x72)
export const shiftLeft = pair(0x74)
export const shiftRight = pair(0x76)

export const int32 = (value: number): Code => [0x41, ...signed(value)]

/** Of 64 bits. */
export const and64 = pair(0x83)
export const or64 = pair(0x84)
export const shiftLeft64 = pair(0x86)
export const int64 = (value: number): Code => [0x42, ...signed(value)]
/** A number without a sign as one of 64 bits. */
export const widen = (value: Code): Code => [...value, 0xad]

/** A variable: its number among parameters and locals. */
export interface Variable {
  readonly index: number
  readonly value: Code
}

export const variable = (index: number): Variable => ({ index, value: [0x20, ...unsigned(index)] })
export const assign = ({ index }: Variable, value: Code): Code => [...value, 0x21, ...unsigned(index)]

/** Bytes anywhere: the alignment that is told is that of single bytes. */
const load =
  (operation: number) =>
  (at: Code, offset = 0): Code => [...at, operation, 0, ...unsigned(offset)]

export const load8 = load(0x2d)
export const load16 = load(0x2f)
export const load32 = load(0x28)
export const load64 = load(0x29)
const store =
  (operation: number) =>
  (at: Code, value: Code, offset = 0): Code => [...at, ...value, operation, 0, ...unsigned(offset)]

export const store32 = store(0x36)
export const store64 = store(0x37)
/** Of sixteen bytes at once; a comparison's are 0 or -1 each. */
const vector = (operation: number): Code => [0xfd, ...unsigned(operation)]
const vectors =
  (operation: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...vector(operation)]
export const loadVector = (at: Code, offset = 0): Code => [...at, ...vector(0x00), 0, ...unsigned(offset)]
export const storeVector = (at: Code, value: Code): Code => [...at, ...value, ...vector(0x0b), 0, 0]
export const NO_BYTES: Code = [...vector(0x0c), ...new Array<number>(16).fill(0)]
/** The same byte sixteen times. */
export const allBytes = (byte: number): Code => [...int32(byte), ...vector(0x0f)]
/** Sixteen of the 32 bytes of two, by their numbers. */
export const shuffle = (a: Code, b: Code, lanes: Code): Code => [...a, ...b, ...vector(0x0d), ...lanes]
export const equalBytes = vectors(0x23)
/** As numbers with a sign. */
export const aboveBytes = vectors(0x27)
export const orBytes = vectors(0x50)
export const plusBytes = vectors(0x6e)
export const minusBytes = vectors(0x71)
/** The highest bit of each byte, as a number. */
export const signsOf = (value: Code): Code => [...value, ...vector(0x64)]
/** The sums of four neighbouring bytes without a sign, as four numbers, of which `laneOf` takes one. */
export const sumsOfFour = (value: Code): Code => [...value, ...vector(0x7d), ...vector(0x7f)]
export const laneOf = (value: Code, lane: number): Code => [...value, ...vector(0x1b), lane]

export const copyMemory = (to: Code, from: Code, bytes: Code): Code => [
  ...to,
  ...from,
  ...bytes,
  0xfc,
  0x0a,
  0,
  0,
]

export const when = (condition: Code, then: readonly Code[], otherwise: readonly Code[] = []): Code => [
  ...condition,
  0x04,
  BLOCK_OF_NOTHING,
  ...then.flat(),
  ...(otherwise.length > 0 ? [0x05, ...otherwise.flat()] : []),
  0x0b,
]

/** One of two numbers; both are made. */
export const choose = (condition: Code, then: Code, otherwise: Code): Code => [
  ...then,
  ...otherwise,
  ...condition,
  0x1b,
]

/** Again and again; out of it leads `leave` alone. */
export const forever = (body: readonly Code[]): Code => [
  0x03,
  BLOCK_OF_NOTHING,
  ...body.flat(),
  0x0c,
  0,
  0x0b,
]

/** Once, and again while the condition holds behind it. */
export const repeatWhile = (condition: Code, body: readonly Code[]): Code => [
  0x03,
  BLOCK_OF_NOTHING,
  ...body.flat(),
  ...condition,
  0x0d,
  0,
  0x0b,
]

/** Ends the function with this answer. */
export const leave = (value: Code): Code => [...value, 0x0f]

const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes]
const named = (name: string): Code => sized([...Buffer.from(name)])
const section = (id: number, items: readonly Code[]): Code => [
  id,
  ...sized([...unsigned(items.length), ...items.flat()]),
]

/**
 * A module with `memory` and the function `run`: variables of 32 bits, the first of them its parameters, then vectors
 * of sixteen bytes.
 */
export function moduleOf(parameters: number, locals: number, body: readonly Code[], vectors = 0): Uint8Array {
  const variables = [2, ...unsigned(locals), INT32, ...unsigned(vectors), VECTOR]
  const code = [...variables, ...body.flat(), 0x00, 0x0b]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[FUNCTION, parameters, ...Array<number>(parameters).fill(INT32), 1, INT32]]),
    ...section(3, [[0]]),
    ...section(5, [[0, 1]]),
    ...section(7, [
      [...named('memory'), 2, 0],
      [...named('run'), 0, 0],
    ]),
    ...section(10, [sized(code)]),
  ])
}

/** What `moduleOf` makes, with memory of its own. */
export interface Instance {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  readonly run: (...parameters: number[]) => number
}

/** Node's types leave it to those of browsers. */
interface Api {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

/** Makes instances of the module. */
export function compile(bytes: Uint8Array): () => Instance {
  const api = (globalThis as unknown as { readonly WebAssembly: Api }).WebAssembly
  const module = new api.Module(bytes)
  return () => new api.Instance(module).exports as Instance
}
