import { isUtf8 } from 'node:buffer'

/** Whether bytes from the beginning of a file are UTF-8 text; a character that the end cuts does not count. */
export function looksLikeText(head: Uint8Array): boolean {
  if (head.includes(0)) return false
  for (let cut = 0; cut < 4 && cut <= head.length; cut++) {
    if (isUtf8(head.subarray(0, head.length - cut))) return true
  }
  return false
}
