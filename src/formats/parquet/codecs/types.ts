/** Bytes of a page in, its `size` bytes out, or an error. */
export type Unpack = (bytes: Uint8Array, size: number) => Uint8Array
