/** Bytes of XML as text. */

import { unsupportedImzml } from '../error.ts'

export const CHUNK = 4 << 20

/** One character for each byte: searching is fast, and what else than ASCII is wanted is decoded later. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** Bytes before the first character: a byte-order mark of UTF-8. */
export function markBytes(head: Uint8Array): number {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
}

/** What a file's encoding is called by TextDecoder; `unsupported` where bytes below 128 are no ASCII. */
export function checkEncoding(name: string, uri: string): string {
  try {
    const { encoding } = new TextDecoder(name)
    if (!encoding.startsWith('utf-16')) return encoding
  } catch {
    // A label that nobody knows.
  }
  throw unsupportedImzml(`the XML is in "${name}", expected UTF-8 or an encoding with ASCII in it`, uri)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ASCII = /^[\x00-\x7f]*$/

/** Text that was read byte by byte, in the file's own encoding. */
export function decodeText(text: string, encoding: string): string {
  return ASCII.test(text) ? text : new TextDecoder(encoding).decode(Buffer.from(text, 'latin1'))
}
