/** A file's first bytes as its tasks get them. What is posted to a thread is copied, and garbage there after each task. */

const shared = new WeakMap<Uint8Array, Uint8Array>()

/** The same bytes in memory that all threads see, copied there once. Nobody may write to them. */
export function sharedHead(bytes: Uint8Array): Uint8Array {
  const known = shared.get(bytes)
  if (known !== undefined) return known
  const made = new Uint8Array(new SharedArrayBuffer(bytes.length))
  made.set(bytes)
  shared.set(bytes, made)
  return made
}
