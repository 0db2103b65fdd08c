/** The spectra of the XML, one after the other, in memory for one at a time. */

import type { ByteSource } from '../../bytes/types.ts'
import { badImzml } from './error.ts'
import { SpectrumSink } from './sink.ts'
import { isKept, isValueType, termOf, valueType } from './terms.ts'
import type { Dialect, Spectrum } from './types.ts'
import { type Attributes, type XmlEvents, XmlReader } from './xml/reader.ts'
import { SpectrumScanner } from './xml/scanner.ts'
import { CHUNK, latin1 } from './xml/text.ts'

/** Chunks that are read ahead of the one that is looked at. */
const AHEAD = 2
/** A spectrum is some kilobytes of XML; of one that seems larger, no more than a library needs is held. */
const MOST_ELEMENT = 16 << 20

/** Calls `take` with each spectrum, whose object is used again for the next; the number of them. */
export async function readSpectra(
  source: ByteSource,
  dialect: Dialect,
  take: (spectrum: Spectrum) => void,
  signal: AbortSignal | undefined,
): Promise<number> {
  const reading = new SpectraReader(source.uri, dialect, take)
  let at = dialect.spectraStart
  for await (const bytes of chunks(source, at, signal)) {
    reading.write(latin1(bytes), at)
    at += bytes.length
    if (reading.done) return reading.count
  }
  throw badImzml(
    `the list of spectra ends in the middle, behind ${reading.count}, expected </spectrumList>`,
    source.uri,
    source.size,
  )
}

/** The file from `start`, the next chunks on their way while one is looked at. */
async function* chunks(
  source: ByteSource,
  start: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  const { size } = source
  const waiting: Promise<Uint8Array>[] = []
  let next = start
  for (let at = start; at < size; at += CHUNK) {
    while (waiting.length <= AHEAD && next < size) {
      const read = source.read(next, Math.min(size, next + CHUNK), { signal })
      // Reported when its turn comes, which may never be.
      read.catch(() => undefined)
      waiting.push(read)
      next += CHUNK
    }
    yield await waiting.shift()!
  }
}

class SpectraReader {
  done = false
  readonly #sink: SpectrumSink
  readonly #scanner: SpectrumScanner
  readonly #uri: string
  readonly #dialect: Dialect
  readonly #take: (spectrum: Spectrum) => void
  #library: XmlReader | undefined

  constructor(uri: string, dialect: Dialect, take: (spectrum: Spectrum) => void) {
    this.#uri = uri
    this.#dialect = dialect
    this.#take = take
    this.#sink = new SpectrumSink(uri, dialect)
    this.#scanner = new SpectrumScanner(this.#sink)
  }

  get count(): number {
    return this.#sink.count
  }

  /** Goes on with the text that stands at byte `at`. */
  write(text: string, at: number): void {
    if (this.#library !== undefined) {
      this.#library.write(text)
      return
    }
    const scanner = this.#scanner
    const end = at + text.length
    scanner.feed(text)
    for (;;) {
      switch (scanner.next()) {
        case 'spectrum':
          this.#take(this.#sink.end())
          break
        case 'odd spectrum':
          this.#parse(scanner.element(), end - scanner.left - scanner.element().length)
          break
        case 'end':
          this.done = true
          return
        case 'odd':
          this.#goOn(end - scanner.left)
          return
        case 'more':
          if (scanner.left > MOST_ELEMENT) this.#goOn(end - scanner.left)
          return
      }
    }
  }

  #events(onEnd: () => void): XmlEvents {
    return new SpectrumEvents(this.#sink, () => this.#take(this.#sink.end()), onEnd)
  }

  /** One spectrum, by the library. */
  #parse(element: string, at: number): void {
    const before = this.#sink.count
    new XmlReader(
      this.#events(() => undefined),
      this.#uri,
      at,
    ).write(element)
    if (this.#sink.count !== before + 1)
      throw badImzml(
        `spectrum ${before}: its element is not well-formed XML, expected it to be`,
        this.#uri,
        at,
      )
  }

  /** All that is left, by the library, which is told what elements are open. */
  #goOn(at: number): void {
    const open = this.#dialect.path.map((name) => `<${name}>`).join('')
    const library = new XmlReader(
      this.#events(() => {
        this.done = true
        library.stopped = true
      }),
      this.#uri,
      at - open.length,
    )
    this.#library = library
    library.write(open)
    library.write(this.#scanner.rest())
    this.#scanner.position = 0
    this.#scanner.feed('')
  }
}

/** A library's events, for the sink. */
class SpectrumEvents implements XmlEvents {
  readonly #sink: SpectrumSink
  readonly #take: () => void
  readonly #onEnd: () => void
  #inSpectrum = false

  constructor(sink: SpectrumSink, take: () => void, onEnd: () => void) {
    this.#sink = sink
    this.#take = take
    this.#onEnd = onEnd
  }

  open(name: string, attributes: Attributes): void {
    const sink = this.#sink
    if (name === 'spectrum') {
      this.#inSpectrum = true
      sink.begin(attributes.id ?? '')
      return
    }
    if (!this.#inSpectrum) return
    if (name === 'cvParam') {
      const term = termOf(attributes.accession ?? '')
      const type = isValueType(term) ? valueType(term, attributes.name ?? '') : undefined
      if (isKept(term)) sink.param(term, attributes.value ?? '', type)
    } else if (name === 'referenceableParamGroupRef') sink.refer(attributes.ref ?? '')
    else if (name === 'binaryDataArray') sink.beginArray()
  }

  close(name: string): void {
    if (name === 'binaryDataArray' && this.#inSpectrum) this.#sink.endArray()
    else if (name === 'spectrum') {
      this.#inSpectrum = false
      this.#take()
    } else if (name === 'spectrumList') this.#onEnd()
  }
}
