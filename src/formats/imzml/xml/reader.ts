/** XML by a library, made safe: no document types, no entities but XML's own five, nothing huge or deep. */

import sax, { type Parser } from 'sax'
import { badImzml } from '../error.ts'

/** mzML nests some ten levels. */
const MOST_DEPTH = 64
const MOST_ATTRIBUTES = 256
/** sax looks at the length of what it holds once a call. */
const STEP = 64 * 1024

export type Attributes = Readonly<Record<string, string>>

export interface XmlEvents {
  /** `name` without its prefix. */
  open(name: string, attributes: Attributes): void
  close(name: string): void
  /** What the XML declaration says. */
  encoding?(name: string): void
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1)

/** Text goes in as it comes, characters being bytes (latin1); events come out. */
export class XmlReader {
  readonly #parser: Parser
  readonly #uri: string
  readonly #base: number
  /** Names of the open elements, as they are written. */
  readonly path: string[] = []
  /** Set in an event: nothing behind it is wanted, and nothing there is an error. */
  stopped = false

  /** `base`: where in the file the text begins. */
  constructor(events: XmlEvents, uri: string, base: number) {
    const parser = sax.parser(true, { strictEntities: true })
    this.#parser = parser
    this.#uri = uri
    this.#base = base
    let attributes = 0
    parser.onopentag = (tag) => {
      attributes = 0
      if (this.stopped) return
      this.path.push(tag.name)
      if (this.path.length > MOST_DEPTH)
        throw this.refuse(`the XML nests deeper than ${MOST_DEPTH} elements, expected fewer`)
      events.open(local(tag.name), tag.attributes)
    }
    parser.onclosetag = (name) => {
      if (this.stopped) return
      this.path.pop()
      events.close(local(name))
    }
    parser.onattribute = () => {
      if (++attributes > MOST_ATTRIBUTES)
        throw this.refuse(`an element has more than ${MOST_ATTRIBUTES} attributes, expected fewer`)
    }
    // Entities that a document type declares are how XML reads other files, and grows without bounds.
    parser.ondoctype = () => {
      if (!this.stopped) throw this.refuse('the XML has a document type, expected none')
    }
    parser.onprocessinginstruction = ({ name, body }) => {
      const found = name === 'xml' ? /encoding\s*=\s*["']([^"']+)["']/.exec(body)?.[1] : undefined
      if (found !== undefined) events.encoding?.(found)
    }
    parser.onerror = (error) => {
      if (!this.stopped) throw this.refuse(`the XML is not well-formed: ${error.message.split('\n')[0]}`)
    }
  }

  /** Byte of the file behind what was read: in `open`, behind the start tag. */
  get position(): number {
    return this.#base + this.#parser.position
  }

  refuse(what: string): Error {
    return badImzml(what, this.#uri, this.position)
  }

  write(text: string): void {
    for (let at = 0; at < text.length && !this.stopped; at += STEP)
      this.#parser.write(text.slice(at, at + STEP))
  }
}
