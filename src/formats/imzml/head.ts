/** What stands in the XML before the list of spectra. */

import type { ByteSource } from '../../bytes/types.ts'
import { badImzml } from './error.ts'
import { isKept, TERM, termOf } from './terms.ts'
import type { Dialect, Param } from './types.ts'
import { type Attributes, type XmlEvents, XmlReader } from './xml/reader.ts'
import { CHUNK, checkEncoding, latin1, markBytes } from './xml/text.ts'

/** Files have some ten; more than this would not be the small layout that every task carries. */
const MOST_PARAMS = 4096
/** A head is some kilobytes long; what goes on like one for longer is something else. */
const MOST_BYTES = 64 << 20

/** Reads as far as the list of spectra, wherever it begins. */
export async function readHead(source: ByteSource, signal: AbortSignal | undefined): Promise<Dialect> {
  const { uri, size } = source
  if (size === 0) throw badImzml('the file is empty, expected an mzML element', uri)
  const head = new Head(uri)
  let reader: XmlReader | undefined
  for (let at = 0; at < Math.min(size, MOST_BYTES); ) {
    // The first bytes are at hand already.
    const end = Math.min(size, at + (at === 0 ? 64 * 1024 : CHUNK))
    const bytes = await source.read(at, end, { signal })
    const mark = at === 0 ? markBytes(bytes) : 0
    reader ??= head.read(mark)
    reader.write(latin1(bytes.subarray(mark)))
    if (reader.stopped) return head.dialect()
    at = end
  }
  throw badImzml(
    `there is no list of spectra in ${size > MOST_BYTES ? `the first ${MOST_BYTES} bytes` : 'the file'}, expected spectrumList`,
    uri,
  )
}

class Head implements XmlEvents {
  readonly #uri: string
  #reader!: XmlReader
  #encoding = 'utf-8'
  #group: { readonly id: string; readonly params: Param[] } | undefined
  readonly #groups: [string, readonly Param[]][] = []
  readonly #found = new Map<number, string>()
  #params = 0
  #start = 0
  #path: readonly string[] = []

  constructor(uri: string) {
    this.#uri = uri
  }

  read(base: number): XmlReader {
    this.#reader = new XmlReader(this, this.#uri, base)
    return this.#reader
  }

  encoding(name: string): void {
    this.#encoding = checkEncoding(name, this.#uri)
  }

  open(name: string, attributes: Attributes): void {
    if (this.#reader.path.length === 1 && name !== 'mzML' && name !== 'indexedmzML')
      throw this.#reader.refuse(`the XML begins with <${name}>, expected <mzML>`)
    switch (name) {
      case 'referenceableParamGroup':
        this.#group = { id: attributes.id ?? '', params: [] }
        break
      case 'cvParam':
        this.#param(attributes)
        break
      case 'spectrumList':
        this.#start = this.#reader.position
        this.#path = [...this.#reader.path]
        this.#reader.stopped = true
    }
  }

  close(name: string): void {
    if (name === 'referenceableParamGroup' && this.#group !== undefined) {
      const { id, params } = this.#group
      if (params.length > 0) this.#groups.push([id, params])
      this.#group = undefined
    } else if (name === 'run' || this.#reader.path.length === 0) {
      throw this.#reader.refuse('there is no list of spectra, expected spectrumList in the run')
    }
  }

  #param({ accession = '', value = '', name = '' }: Attributes): void {
    const term = termOf(accession)
    if (!isKept(term)) return
    if (this.#group === undefined) {
      this.#found.set(term, value)
      return
    }
    if (++this.#params > MOST_PARAMS)
      throw this.#reader.refuse(`groups of terms hold more than ${MOST_PARAMS}, expected fewer`)
    this.#group.params.push([term, value, name])
  }

  dialect(): Dialect {
    const number = (term: number): number | undefined => {
      const value = Number(this.#found.get(term) || Number.NaN)
      return Number.isFinite(value) ? value : undefined
    }
    const uuid = this.#found.get(TERM.uuid)?.replace(/[{}\s-]/g, '')
    if (uuid !== undefined && !/^[0-9a-f]{32}$/i.test(uuid)) {
      const shown = JSON.stringify(this.#found.get(TERM.uuid)!.slice(0, 80))
      throw badImzml(
        `the universally unique identifier is ${shown}, expected 32 hexadecimal digits`,
        this.#uri,
      )
    }
    return {
      mode: this.#found.has(TERM.continuous)
        ? 'continuous'
        : this.#found.has(TERM.processed)
          ? 'processed'
          : undefined,
      uuid: uuid?.toLowerCase(),
      encoding: this.#encoding,
      spectraStart: this.#start,
      path: this.#path,
      groups: this.#groups,
      image: {
        pixels_x: number(TERM.pixelsX),
        pixels_y: number(TERM.pixelsY),
        pixel_size_x: number(TERM.pixelSizeX),
        pixel_size_y: number(TERM.pixelSizeY),
      },
    }
  }
}
