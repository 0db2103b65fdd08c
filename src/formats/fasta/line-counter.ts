/**
 * Counts what a stretch of sequence lines is made of, sixteen bytes at a time with WebAssembly's vectors: ten times
 * as fast as four at a time in JavaScript, which took most of the time that indexing a genome needs.
 *
 * The module has one function of some thirty instructions, written down here: no tool chain is needed for it.
 * Opcodes: https://webassembly.github.io/spec/core/binary/instructions.html
 */

/** Bytes that are counted with one call; they stay in the processor's first caches. */
export const MOST_COUNTED = 64 * 1024
const LANES = 16
/** Steps after which the counters of a vector's lanes, a byte each, may be full. */
const FULL = 255
const LF = 10
const SEMICOLON = 59

const I32 = 0x7f
const V128 = 0x7b
const VOID = 0x40
const END = 0x0b

/** An unsigned number, and a signed one, in LEB128. */
function unsigned(value: number): number[] {
  const low = value & 127
  return value < 128 ? [low] : [low | 128, ...unsigned(value >>> 7)]
}
function signed(value: number): number[] {
  const low = value & 127
  const rest = value >> 7
  const isLast = (rest === 0 && low < 64) || (rest === -1 && low >= 64)
  return isLast ? [low] : [low | 128, ...signed(rest)]
}

const get = (local: number): number[] => [0x20, local]
const set = (local: number): number[] => [0x21, local]
const i32 = (value: number): number[] => [0x41, ...signed(value)]
const branchIf = (depth: number): number[] => [0x0d, depth]
const loop = (...body: number[][]): number[] => [0x03, VOID, ...body.flat(), END]
const ADD = [0x6a]
const LESS = [0x49]
const vector = (opcode: number): number[] => [0xfd, ...unsigned(opcode)]
const splat = (byte: number): number[] => [...i32(byte), ...vector(0x0f)]
const LOAD = [...vector(0x00), 0, 0]
const NO_BYTES = [...vector(0x0c), ...new Array<number>(LANES).fill(0)]
const EQUAL_BYTES = vector(0x23)
const MORE_BYTES = vector(0x27)
const OR = vector(0x50)
const SIGNS = vector(0x64)
const ADD_BYTES = vector(0x6e)
const SUBTRACT_BYTES = vector(0x71)
const PAIRS_OF_BYTES = vector(0x7d)
const PAIRS_OF_SHORTS = vector(0x7f)
const lane = (index: number): number[] => [...vector(0x1b), index]

/** Parameters and locals of `count(from, to)`; `from` < `to`, a multiple of 16 apart. */
const [FROM, TO, STOP, PRINTED, FEEDS, DATA, PRINTS, ENDS, ODD, SEMICOLONS] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
] as const
/** The module's globals: what was found. */
const RESULTS = ['printed', 'feeds', 'odd', 'semicolons'] as const

/** A comparison's lanes are 0 or -1: subtracting them counts. */
const countInto = (lanes: number, compared: number[]): number[] => [
  ...get(lanes),
  ...compared,
  ...SUBTRACT_BYTES,
  ...set(lanes),
]
const sumInto = (sum: number, lanes: number): number[] => [
  ...get(lanes),
  ...PAIRS_OF_BYTES,
  ...PAIRS_OF_SHORTS,
  ...set(lanes),
  ...get(sum),
  ...[0, 1, 2, 3].flatMap((i) => [...get(lanes), ...lane(i), ...ADD]),
  ...set(sum),
]
const orInto = (lanes: number, found: number[]): number[] => [...get(lanes), ...found, ...OR, ...set(lanes)]

const COUNT = [
  ...loop(
    // stop = min(to, from + as far as the lanes can count)
    [...get(FROM), ...i32(FULL * LANES), ...ADD, ...set(STOP)],
    [...get(TO), ...get(STOP), ...LESS, 0x04, VOID, ...get(TO), ...set(STOP), END],
    [...NO_BYTES, ...set(PRINTS), ...NO_BYTES, ...set(ENDS)],
    loop(
      [...get(FROM), ...LOAD, ...set(DATA)],
      countInto(PRINTS, [...get(DATA), ...splat(0x20), ...MORE_BYTES]),
      countInto(ENDS, [...get(DATA), ...splat(LF), ...EQUAL_BYTES]),
      // The sign of a byte, or of the one that follows it, tells of what is above `~`.
      orInto(ODD, [...get(DATA), ...get(DATA), ...splat(1), ...ADD_BYTES, ...OR]),
      orInto(SEMICOLONS, [...get(DATA), ...splat(SEMICOLON), ...EQUAL_BYTES]),
      [...get(FROM), ...i32(LANES), ...ADD, ...set(FROM)],
      [...get(FROM), ...get(STOP), ...LESS, ...branchIf(0)],
    ),
    sumInto(PRINTED, PRINTS),
    sumInto(FEEDS, ENDS),
    [...get(FROM), ...get(TO), ...LESS, ...branchIf(0)],
  ),
  ...[get(PRINTED), get(FEEDS), [...get(ODD), ...SIGNS], [...get(SEMICOLONS), ...SIGNS]].flatMap(
    (value, i) => [...value, 0x24, i],
  ),
  END,
]

const list = (...items: number[][]): number[] => [...unsigned(items.length), ...items.flat()]
const sized = (bytes: number[]): number[] => [...unsigned(bytes.length), ...bytes]
const text = (value: string): number[] => sized([...Buffer.from(value)])
const section = (id: number, content: number[]): number[] => [id, ...sized(content)]

function moduleBytes(): Uint8Array {
  const locals = list([3, I32], [5, V128])
  const pages = MOST_COUNTED / 65536
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list([0x60, ...list([I32], [I32]), ...list()])),
    ...section(3, list([0])),
    ...section(5, list([0, pages])),
    ...section(6, list(...RESULTS.map(() => [I32, 1, ...i32(0), END]))),
    ...section(
      7,
      list(
        [...text('memory'), 2, 0],
        [...text('count'), 0, 0],
        ...RESULTS.map((name, i) => [...text(name), 3, i]),
      ),
    ),
    ...section(10, list(sized([...locals, ...COUNT]))),
  ])
}

interface Exports extends Readonly<Record<(typeof RESULTS)[number], { readonly value: number }>> {
  readonly memory: { readonly buffer: ArrayBuffer }
  count(from: number, to: number): void
}

/** Node's types know of the namespace, not of what is in it. */
const { WebAssembly: wasm } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object
    readonly Instance: new (module: object) => { readonly exports: unknown }
  }
}

/** Counts in a stretch of bytes; one for a thread. */
export class LineCounter {
  /** Of the stretch that was counted last: bytes from `!` to `~`, provided that none is `odd`. */
  printed = 0
  feeds = 0
  /** Whether a byte is above `~`. */
  odd = false
  /** Whether there is a semicolon. */
  semicolons = false
  readonly #exports: Exports
  readonly #memory: Uint8Array

  constructor() {
    this.#exports = new wasm.Instance(new wasm.Module(moduleBytes())).exports as Exports
    this.#memory = new Uint8Array(this.#exports.memory.buffer)
  }

  /** Counts in bytes[from, to), which are `MOST_COUNTED` at most. */
  count(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from
    const padded = Math.max(LANES, Math.ceil(length / LANES) * LANES)
    this.#memory.set(bytes.subarray(from, to))
    // NUL is none of what is counted.
    this.#memory.fill(0, length, padded)
    const found = this.#exports
    found.count(0, padded)
    this.printed = found.printed.value
    this.feeds = found.feeds.value
    this.odd = found.odd.value !== 0
    this.semicolons = found.semicolons.value !== 0
  }
}
