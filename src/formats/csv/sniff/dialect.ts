/**
 * Which delimiter, quote, escape and comment a file uses: DuckDB's dialect detection
 * (https://duckdb.org/docs/stable/data/csv/auto_detection), rule by rule, so that it comes to the same result.
 *
 * Where DuckDB 1.5 then loses or repeats a row, we do not: a blank CRLF line before the header of one column, `skip`
 * in CRLF files or before blank lines, notes that begin with an unused comment sign, an unclosed last quote.
 */

import type { Punctuation } from '../machine.ts'
import type { CsvOptions } from '../options.ts'
import { CHUNK, FieldCounter, type Sample } from './count.ts'

const DELIMS = [',', '|', ';', '\t']
const QUOTES: readonly (readonly [quote: string, escape: string])[] = [
  ['', ''],
  ['"', ''],
  ['"', '"'],
  ['"', "'"],
  ['"', '\\'],
  ["'", ''],
  ["'", "'"],
  ["'", '"'],
  ["'", '\\'],
]
const COMMENTS = ['', '#']

export interface Candidate {
  readonly counter: FieldCounter
  readonly columns: number
  /** Where its first row begins, behind notes and skipped lines. */
  readonly start: number
  /** Notes before the first row. */
  readonly notes: number
}

export function detectNewline({ bytes, start, end }: Sample): '\n' | '\r' | '\r\n' {
  let carriage = false
  for (let i = start; i < end; i++) {
    if (bytes[i] === 13) carriage = true
    else if (bytes[i] === 10) return carriage ? '\r\n' : '\n'
    else if (carriage) return '\r'
  }
  return carriage ? '\r' : '\n'
}

function quoteCandidates({ quote, escape: sign }: CsvOptions): readonly (readonly [string, string])[] {
  if (quote !== undefined && sign !== undefined) return [[quote, sign]]
  if (quote !== undefined) {
    const known = QUOTES.filter(([candidate]) => candidate === quote)
    return known.length > 0 ? known : [quote, '', '\\', '"', "'"].map((other) => [quote, other])
  }
  if (sign !== undefined) {
    const known = QUOTES.filter(([, candidate]) => candidate === sign)
    return known.length > 0 ? known : [sign, '"', "'"].map((other) => [other, sign])
  }
  return QUOTES
}

export class DialectSniffer {
  #candidates: Candidate[] = []
  #mostColumns = 0
  #bestRows = 0
  #padding = 0
  #ignored = Number.POSITIVE_INFINITY
  readonly newline: '\n' | '\r' | '\r\n'
  /** Every candidate under the same effective signs counts the same. */
  readonly #counted = new Map<string, FieldCounter>()
  readonly #found = new Map<string, boolean>()

  constructor(
    readonly sample: Sample,
    readonly options: CsvOptions,
  ) {
    this.newline = options.newline ?? detectNewline(sample)
  }

  /** The candidates that read the sample best; none when no one can. All have `columns` columns. */
  detect(): { candidates: readonly Candidate[]; columns: number } {
    const { options } = this
    for (const comment of options.comment === undefined ? COMMENTS : [options.comment]) {
      for (const [quote, escapeSign] of quoteCandidates(options)) {
        for (const delim of options.delim === undefined ? DELIMS : [options.delim]) {
          const counter = this.#count({ delim, quote, escape: escapeSign, comment, newline: this.newline })
          if (!counter.error) this.#consider(counter)
        }
      }
    }
    this.#refine()
    return { candidates: this.#candidates, columns: this.#mostColumns }
  }

  /** Signs that do not occur make no difference: most of the 72 guesses are the same few. */
  #count(punctuation: Punctuation): FieldCounter {
    const quote = this.#occurs(punctuation.quote)
    const escapeSign = quote && this.#occurs(punctuation.escape)
    const key = [punctuation.delim, quote, escapeSign, this.#occurs(punctuation.comment)].join('\0')
    const counter = new FieldCounter(punctuation, this.sample)
    const known = this.#counted.get(key)
    if (known === undefined) {
      counter.next()
      this.#counted.set(key, counter)
    } else {
      counter.startLike(known)
    }
    return counter
  }

  /** The sign, or '' when it does not stand in the sample. */
  #occurs(sign: string): string {
    if (sign === '') return ''
    let found = this.#found.get(sign)
    if (found === undefined) {
      const { bytes, start, end } = this.sample
      found = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).includes(sign)
      this.#found.set(sign, found)
    }
    return found ? sign : ''
  }

  /** Whether columns were given that this number of fields cannot be. */
  #unacceptable(fields: number, lastAlwaysEmpty: boolean): boolean {
    const { columns, ignoreErrors, padding } = this.options
    if (columns === undefined || ignoreErrors) return false
    const size = columns.size
    if (fields === size || fields === size + (lastAlwaysEmpty ? 1 : 0)) return false
    return !(padding && fields > size)
  }

  #consider(counter: FieldCounter): void {
    const { rows } = counter
    const { columns: given, ignoreErrors, padding: pads, skip, comment: givenComment } = this.options
    const mostFrequent = ignoreErrors && !pads
    let columns = mostFrequent ? frequentCount(rows.map((row) => row.fields)) : (rows[0]?.fields ?? 1)
    if (this.#unacceptable(columns, rows[0]?.lastAlwaysEmpty ?? true)) return
    let consistent = 0
    let padding = 0
    let comments = 0
    let ignored = 0
    let notes = 0
    let notesWithoutComments = 0
    let headerRow = 0
    let firstValid = -1
    for (const [i, row] of rows.entries()) {
      if (this.#unacceptable(row.fields, row.lastAlwaysEmpty)) return
      if (row.comment) {
        comments++
      } else if (row.lastAlwaysEmpty && row.fields === rows[headerRow]!.fields + 1) {
        // The data has one delimiter more than the header: c1|c2 and then 1|2|
        consistent++
      } else if (
        columns < row.fields &&
        (skip === undefined || comments > 0) &&
        (given === undefined || pads) &&
        (firstValid < 0 || !mostFrequent)
      ) {
        if (firstValid < 0) firstValid = i
        padding = 0
        columns = row.fields
        notes = i
        notesWithoutComments = notes - comments
        headerRow = i
        consistent = 1
      } else if (row.fields === columns || mostFrequent) {
        if (firstValid < 0) {
          firstValid = i
          notes = i
          notesWithoutComments = notes - comments
          columns = row.fields
        }
        if (row.fields !== columns) ignored++
        consistent++
      } else if (columns >= row.fields) {
        padding++
      }
    }
    consistent += padding

    const found = this.#candidates
    const moreRows = consistent > this.#bestRows && columns >= this.#mostColumns
    const moreColumns = consistent === this.#bestRows && columns > this.#mostColumns
    const morePadding = padding > this.#padding
    const lessPadding = padding < this.#padding
    const singleBefore = this.#mostColumns < 2 && columns > this.#mostColumns * found.length
    const rowsConsistent = consistent + notesWithoutComments + comments === rows.length
    const invalidPadding = !pads && padding > 0
    const commentsFit = acceptableComments(counter, columns, pads, givenComment !== undefined)
    const { everQuoted, everEscaped } = counter
    const quoted = everQuoted && counter.punctuation.quote !== ''
    const size = given?.size ?? 0
    const fitsGiven =
      given === undefined || columns === size || (columns === size + 1 && rows[0]?.lastAlwaysEmpty === true)

    const headerAt = pads && skip === undefined ? Math.max(0, firstValid) : Math.max(notes, firstValid, 0)
    const candidate: Candidate = {
      counter,
      columns,
      // Behind skipped lines a blank one counts, where lines have one field.
      start:
        skip !== undefined && headerAt === 0
          ? this.sample.start
          : (rows[headerAt]?.start ?? this.sample.start),
      notes: pads || skip !== undefined ? 0 : notesWithoutComments,
    }
    /** Lines behind the skipped ones that would have to be skipped too. */
    const strays = skip !== undefined && notes !== 0 && !pads && !ignoreErrors

    if (
      fitsGiven &&
      (rowsConsistent || (given !== undefined && ignoreErrors)) &&
      (singleBefore ||
        ((moreRows || moreColumns) && !morePadding) ||
        (columns > 1 && lessPadding) ||
        (quoted && comments === 0)) &&
      !invalidPadding &&
      commentsFit
    ) {
      const front = found[0]?.counter
      if (
        front !== undefined &&
        given !== undefined &&
        this.#mostColumns === size &&
        consistent <= this.#bestRows
      ) {
        if (front.everQuoted || !everQuoted) return
      }
      if (front?.everQuoted) {
        if (!everQuoted) return
        if (!everEscaped && front.everEscaped) return
        if (this.#bestRows === consistent && columns >= this.#mostColumns) {
          if (strays) return
          found.push(candidate)
          this.#mostColumns = columns
          return
        }
      }
      if (this.#mostColumns === columns && ignored > this.#ignored) return
      if (
        this.#mostColumns > 1 &&
        columns > this.#mostColumns &&
        consistent < Math.floor(this.#bestRows / 2) &&
        (pads || ignoreErrors)
      ) {
        return
      }
      if (quoted && columns < this.#mostColumns) {
        if (found.some((other) => other.counter.everQuoted && (!everEscaped || other.counter.everEscaped)))
          return
      }
      this.#bestRows = consistent
      this.#mostColumns = columns
      this.#padding = padding
      this.#ignored = ignored
      if (strays && comments === 0) return
      this.#candidates = [candidate]
      return
    }
    const startGood = found.length > 0 && notes <= found[0]!.notes
    if (
      fitsGiven &&
      consistent > 1 &&
      columns > 1 &&
      startGood &&
      rowsConsistent &&
      !morePadding &&
      !invalidPadding &&
      columns === this.#mostColumns &&
      commentsFit &&
      !strays
    ) {
      found.push(candidate)
    }
  }

  /** Reads on with all candidates, and prefers those whose quotes and escapes are really there. */
  #refine(): void {
    if (this.#candidates.length < 2 || this.#candidates[0]!.counter.finished) return
    this.#readOn()
    this.#prefer()
  }

  #readOn(): void {
    const chunks = Math.ceil(this.options.sampleSize / CHUNK)
    for (let i = 1; i <= chunks; i++) {
      const good: Candidate[] = []
      let done = this.#candidates.length === 0
      for (const candidate of this.#candidates) {
        const { counter } = candidate
        if (counter.finished || i === chunks) {
          if (!counter.error) good.push(candidate)
          done = true
          continue
        }
        counter.next()
        if (!counter.error && this.#staysConsistent(counter)) good.push(candidate)
      }
      this.#candidates = good
      if (done) break
    }
  }

  #staysConsistent(counter: FieldCounter): boolean {
    const { columns, padding, ignoreErrors } = this.options
    for (const row of counter.rows) {
      if (columns !== undefined) return !this.#unacceptable(row.fields, row.lastAlwaysEmpty)
      if (row.fields !== this.#mostColumns && !padding && !ignoreErrors && !row.comment) return false
    }
    return true
  }

  #prefer(): void {
    const all = this.#candidates
    const escaped = all.find(({ counter }) => counter.everQuoted && counter.everEscaped)
    if (escaped !== undefined) {
      this.#candidates = [escaped]
      return
    }
    const quoted = all.filter(({ counter }) => counter.everQuoted)
    const left = quoted.length > 0 ? quoted : all
    if (left.length < 2) {
      this.#candidates = left
      return
    }
    const standard = left.find(({ counter }) => counter.punctuation.quote === counter.punctuation.escape)
    this.#candidates = [standard ?? left[0]!]
  }
}

/** The count that most rows have, the largest of several. */
function frequentCount(counts: readonly number[]): number {
  const rows = new Map<number, number>()
  for (const count of counts) rows.set(count, (rows.get(count) ?? 0) + 1)
  let best = counts.length === 0 ? 1 : 0
  for (const [count, times] of rows) {
    const most = rows.get(best) ?? 0
    if (times > most || (times === most && count > best)) best = count
  }
  return best
}

/** A guessed comment sign is believed when most lines that have it would not fit otherwise. */
function acceptableComments(counter: FieldCounter, columns: number, pads: boolean, given: boolean): boolean {
  if (given) return true
  let detected = 0
  let valid = 0
  let fullLine = false
  for (const row of counter.rows) {
    if (!row.comment && !row.midComment) continue
    detected++
    if (row.comment && row.fields !== columns) {
      fullLine = true
      valid++
    }
    if (row.midComment && (row.fields === columns || (row.fields <= columns && pads))) valid++
  }
  if (valid === 0 || !fullLine) return counter.punctuation.comment === ''
  return valid / detected >= 0.6
}
