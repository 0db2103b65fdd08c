/**
 * The adaptive arithmetic decoder of LASzip: A. Said's coder with 32-bit intervals (Lossless Compression Handbook,
 * ch. 5). Written here because the kept library's wasm (laz-perf 0.0.7) decodes 0.3 to 0.6 M points a second and
 * every layer of a point, where this needs only the wanted ones.
 *
 * All models of a coder live in one array of words and are named by their place in it: to forget them is to set one
 * number, and a fresh one is a copy of a template. Everything stays an unsigned 32-bit integer, which is what makes it
 * fast in V8.
 */

/** Words of a model: symbols, total, cycle, symbols until the next update, shift of the table (0: none), its size. */
const TOTAL = 1
const CYCLE = 2
const UNTIL = 3
const SHIFT = 4
const TABLE = 5
/** Then come the distribution and the counts, a word per symbol each, and the table with two words more. */
const HEAD = 6

/** Words of a model of one bit: probability and count of zeros, count, cycle, bits until the next update. */
const BIT_WORDS = 5

const SYMBOL_BITS = 15
const BIT_BITS = 13
const LEAST_LENGTH = 0x1000000

/** The words of the interval itself. */
const VALUE = 0
const LENGTH = 1
const FIRST_MODEL = 2

const templates = new Map<number, Uint32Array>()

/** A model of `symbols` symbols that has seen none of them. */
function freshModel(symbols: number): Uint32Array {
  const known = templates.get(symbols)
  if (known !== undefined) return known
  let bits = 0
  if (symbols > 16) {
    bits = 3
    while (symbols > 1 << bits) bits++
  }
  const size = bits === 0 ? 0 : 1 << bits
  const words = new Uint32Array(HEAD + symbols * 2 + (size === 0 ? 0 : size + 2))
  words[0] = symbols
  words[CYCLE] = symbols
  words[SHIFT] = bits === 0 ? 0 : SYMBOL_BITS - bits
  words[TABLE] = size
  words.fill(1, HEAD + symbols, HEAD + symbols * 2)
  updateModel(words, 0)
  words[CYCLE] = (symbols + 6) >> 1
  words[UNTIL] = words[CYCLE]!
  templates.set(symbols, words)
  return words
}

/** Makes the distribution, and the table that finds a symbol in it, from the counts. */
function updateModel(words: Uint32Array, model: number): void {
  const symbols = words[model]!
  const distribution = model + HEAD
  const counts = distribution + symbols
  let total = words[model + TOTAL]! + words[model + CYCLE]!
  if (total > 1 << SYMBOL_BITS) {
    total = 0
    for (let i = counts; i < counts + symbols; i++) {
      const half = (words[i]! + 1) >>> 1
      words[i] = half
      total += half
    }
  }
  words[model + TOTAL] = total
  const scale = Math.floor(0x80000000 / total)
  const shift = words[model + SHIFT]!
  let sum = 0
  if (shift === 0) {
    for (let i = 0; i < symbols; i++) {
      words[distribution + i] = Math.imul(scale, sum) >>> (31 - SYMBOL_BITS)
      sum += words[counts + i]!
    }
  } else {
    const table = counts + symbols
    const size = words[model + TABLE]!
    let slot = 0
    for (let i = 0; i < symbols; i++) {
      const at = Math.imul(scale, sum) >>> (31 - SYMBOL_BITS)
      words[distribution + i] = at
      sum += words[counts + i]!
      const until = at >>> shift
      while (slot < until) words[table + ++slot] = i - 1
    }
    words[table] = 0
    while (slot <= size) words[table + ++slot] = symbols - 1
  }
  const cycle = Math.min((words[model + CYCLE]! * 5) >>> 2, (symbols + 6) << 3)
  words[model + CYCLE] = cycle
  words[model + UNTIL] = cycle
}

export class Coder {
  #words = new Uint32Array(8192)
  #top = FIRST_MODEL
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0

  /** Starts on bytes [start, end) without any model: whoever holds the name of one must forget it. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#top = FIRST_MODEL
    this.#words[LENGTH] = 0xffffffff
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    let value = 0
    for (let i = 0; i < 4; i++) value = ((value << 8) | this.#next()) >>> 0
    // No coder writes more: then every value stays below its interval's length, whatever the bytes are.
    this.#words[VALUE] = Math.min(value, 0xfffffffe)
  }

  /** Where the coder stands: behind the last byte of what it has decoded, when that is all that was encoded. */
  get position(): number {
    return this.#at
  }

  /** More was decoded than the bytes can hold. */
  get overrun(): boolean {
    return this.#at > this.#end
  }

  /** A new model of so many symbols. */
  model(symbols: number): number {
    const fresh = freshModel(symbols)
    const model = this.#take(fresh.length)
    this.#words.set(fresh, model)
    return model
  }

  /** A new model of one bit. */
  bitModel(): number {
    const model = this.#take(BIT_WORDS)
    const words = this.#words
    words[model] = 1 << (BIT_BITS - 1)
    words[model + 1] = 1
    words[model + 2] = 2
    words[model + 3] = 4
    words[model + 4] = 4
    return model
  }

  #take(size: number): number {
    const model = this.#top
    this.#top += size
    if (this.#top > this.#words.length) {
      const words = new Uint32Array(Math.max(this.#words.length * 2, this.#top))
      words.set(this.#words)
      this.#words = words
    }
    return model
  }

  #next(): number {
    const at = this.#at++
    return at < this.#end ? this.#bytes[at]! : 0
  }

  /** Sets the interval, and reads bytes until it is long enough again. */
  #narrow(words: Uint32Array, value: number, length: number): void {
    let v = value
    let l = length
    while (l < LEAST_LENGTH) {
      const at = this.#at++
      v = ((v << 8) | (at < this.#end ? this.#bytes[at]! : 0)) >>> 0
      l = (l << 8) >>> 0
    }
    words[VALUE] = v
    words[LENGTH] = l
  }

  /** The next symbol by one of `models`, whose numbers stand in them; 0 for one that was not needed before. */
  symbolOf(models: Int32Array, which: number, symbols: number): number {
    let model = models[which]!
    if (model === 0) {
      model = this.model(symbols)
      models[which] = model
    }
    return this.symbol(model)
  }

  symbol(model: number): number {
    const words = this.#words
    const symbols = words[model]!
    const distribution = model + HEAD
    const shift = words[model + SHIFT]!
    const value = words[VALUE]!
    const whole = words[LENGTH]!
    const unit = whole >>> SYMBOL_BITS
    let symbol = 0
    let low = 0
    let high = whole
    if (shift !== 0) {
      const wanted = (value / unit) >>> 0
      const slot = distribution + symbols * 2 + (wanted >>> shift)
      symbol = words[slot]!
      let end = words[slot + 1]! + 1
      while (end > symbol + 1) {
        const middle = (symbol + end) >>> 1
        if (words[distribution + middle]! > wanted) end = middle
        else symbol = middle
      }
      low = Math.imul(words[distribution + symbol]!, unit) >>> 0
      if (symbol !== symbols - 1) high = Math.imul(words[distribution + symbol + 1]!, unit) >>> 0
    } else {
      let end = symbols
      let middle = end >>> 1
      do {
        const edge = Math.imul(words[distribution + middle]!, unit) >>> 0
        if (edge > value) {
          end = middle
          high = edge
        } else {
          symbol = middle
          low = edge
        }
        middle = (symbol + end) >>> 1
      } while (middle !== symbol)
    }
    this.#narrow(words, (value - low) >>> 0, (high - low) >>> 0)
    words[distribution + symbols + symbol]!++
    const until = words[model + UNTIL]! - 1
    words[model + UNTIL] = until
    if (until === 0) updateModel(words, model)
    return symbol
  }

  bit(model: number): number {
    const words = this.#words
    const value = words[VALUE]!
    const length = words[LENGTH]!
    const edge = Math.imul(words[model]!, length >>> BIT_BITS) >>> 0
    const bit = value >= edge ? 1 : 0
    if (bit === 0) {
      words[model + 1]!++
      this.#narrow(words, value, edge)
    } else this.#narrow(words, (value - edge) >>> 0, (length - edge) >>> 0)
    const until = words[model + 4]! - 1
    words[model + 4] = until
    if (until === 0) this.#updateBit(words, model)
    return bit
  }

  #updateBit(words: Uint32Array, model: number): void {
    let count = words[model + 2]! + words[model + 3]!
    if (count > 1 << BIT_BITS) {
      count = (count + 1) >>> 1
      const zeros = (words[model + 1]! + 1) >>> 1
      words[model + 1] = zeros
      if (zeros === count) count++
    }
    words[model + 2] = count
    const scale = Math.floor(0x80000000 / count)
    words[model] = Math.imul(words[model + 1]!, scale) >>> (31 - BIT_BITS)
    const cycle = Math.min((words[model + 3]! * 5) >>> 2, 64)
    words[model + 3] = cycle
    words[model + 4] = cycle
  }

  /** So many raw bits, at most 32; the result is an int32. */
  bits(count: number): number {
    if (count > 19) {
      const low = this.bits(16)
      return (this.bits(count - 16) << 16) | low
    }
    const words = this.#words
    const value = words[VALUE]!
    const length = words[LENGTH]! >>> count
    const bits = (value / length) >>> 0
    this.#narrow(words, (value - Math.imul(bits, length)) >>> 0, length)
    return bits
  }
}
