/** The whole contract of reading bytes; behaviour is added by wrapping, never by subclassing. */

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
  /** Gives the memory that bytes are read into, used before or new; not asked where they are at hand already. */
  readonly allocate?: ((bytes: number) => ArrayBuffer) | undefined
}

export interface ByteSource {
  /** Where the bytes are, as a user would write it; never with credentials. */
  readonly uri: string
  /** Size in bytes. */
  readonly size: number
  /** What an index is bound to: ETag or version id, else size and modification time. */
  readonly identity: string
  /**
   * Exactly the bytes [start, end) of this identity, or an error: `stale` when the object was
   * overwritten, `not-found` when it is gone, `invalid-input` when the range leaves [0, size].
   * The array is the caller's: it owns its whole ArrayBuffer or is never written again.
   */
  read(start: number, end: number, options?: ReadOptions): Promise<Uint8Array>
  /** Drops what is kept of the bytes, which are not what they should be: the next read asks for them anew. */
  forget?(): Promise<void>
  /** Frees what the source holds open. Reading afterwards is an error. */
  close?(): Promise<void>
}
