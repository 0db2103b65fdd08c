/**
 * Counts what a stretch of sequence lines is made of, sixteen bytes at a time with WebAssembly's vectors: ten times
 * as fast as four at a time in JavaScript, which took most of the time that indexing a genome needs.
 */

import {
  aboveBytes,
  allBytes,
  assign,
  below,
  compile,
  equalBytes,
  type Instance,
  int32,
  laneOf,
  leave,
  loadVector,
  minusBytes,
  moduleOf,
  NO_BYTES,
  orBytes,
  plus,
  plusBytes,
  repeatWhile,
  signsOf,
  store32,
  sumsOfFour,
  variable,
  when,
} from '../wasm.ts'

/** Bytes that are counted with one call; they stay in the processor's first caches. */
export const MOST_COUNTED = 64 * 1024
const LANES = 16
/** Steps after which the counters of a vector's lanes, a byte each, may be full. */
const FULL = 255
const LF = 10
const SPACE = 32
const SEMICOLON = 59
/** Where the four results stand, behind the bytes: printed, feeds, and whether there are odd ones and semicolons. */
const RESULTS = MOST_COUNTED
const RESULT_BYTES = 4 * 4

/** run(from, to): `from` < `to`, a multiple of 16 apart. */
function program(): Uint8Array {
  const [from, to, stop, printed, feeds] = [0, 1, 2, 3, 4].map(variable) as Five
  const [data, prints, ends, odd, semicolons] = [5, 6, 7, 8, 9].map(variable) as Five
  // A comparison's lanes are 0 or -1: subtracting them counts.
  const count = (lanes: Variable, compared: Variable['value']) =>
    assign(lanes, minusBytes(lanes.value, compared))
  const add = (sum: Variable, lanes: Variable) => [
    assign(lanes, sumsOfFour(lanes.value)),
    ...[0, 1, 2, 3].map((lane) => assign(sum, plus(sum.value, laneOf(lanes.value, lane)))),
  ]
  const found = [printed.value, feeds.value, signsOf(odd.value), signsOf(semicolons.value)]
  return moduleOf(
    2,
    3,
    [
      repeatWhile(below(from.value, to.value), [
        assign(stop, plus(from.value, int32(FULL * LANES))),
        when(below(to.value, stop.value), [assign(stop, to.value)]),
        assign(prints, NO_BYTES),
        assign(ends, NO_BYTES),
        repeatWhile(below(from.value, stop.value), [
          assign(data, loadVector(from.value)),
          count(prints, aboveBytes(data.value, allBytes(SPACE))),
          count(ends, equalBytes(data.value, allBytes(LF))),
          // The sign of a byte, or of the one that follows it, tells of what is above `~`.
          assign(odd, orBytes(odd.value, orBytes(data.value, plusBytes(data.value, allBytes(1))))),
          assign(semicolons, orBytes(semicolons.value, equalBytes(data.value, allBytes(SEMICOLON)))),
          assign(from, plus(from.value, int32(LANES))),
        ]),
        ...add(printed, prints),
        ...add(feeds, ends),
      ]),
      ...found.map((value, i) => store32(int32(RESULTS), value, 4 * i)),
      leave(int32(RESULTS)),
    ],
    5,
  )
}

type Variable = ReturnType<typeof variable>
type Five = [Variable, Variable, Variable, Variable, Variable]

type Four = readonly [number, number, number, number]

let made: (() => Instance) | undefined

function newInstance(): Instance {
  made ??= compile(program())
  const instance = made()
  instance.memory.grow(Math.ceil(RESULT_BYTES / MOST_COUNTED))
  return instance
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
  readonly #counter: Instance
  readonly #memory: Uint8Array
  readonly #results: Uint32Array

  constructor() {
    this.#counter = newInstance()
    const { buffer } = this.#counter.memory
    this.#memory = new Uint8Array(buffer)
    this.#results = new Uint32Array(buffer, RESULTS, RESULT_BYTES / 4)
  }

  /** Counts in bytes[from, to), which are `MOST_COUNTED` at most. */
  count(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from
    const padded = Math.max(LANES, Math.ceil(length / LANES) * LANES)
    this.#memory.set(bytes.subarray(from, to))
    // NUL is none of what is counted.
    this.#memory.fill(0, length, padded)
    this.#counter.run(0, padded)
    const [printed, feeds, odd, semicolons] = this.#results as unknown as Four
    this.printed = printed
    this.feeds = feeds
    this.odd = odd !== 0
    this.semicolons = semicolons !== 0
  }
}
