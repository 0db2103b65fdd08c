/** Decoding of plain, gzip and bgzf files, from their beginning or from access points. */

export { bgzfBlockSize, findBgzfBlock } from './bgzf-blocks.ts'
export {
  type ClosableDecoder,
  createDecoder,
  type DecoderOptions,
  detectContainer,
  resumeDecoder,
} from './decoder.ts'
export { type InflatePath, inflatePath } from './inflate-handle.ts'
export type { Trailer } from './member-check.ts'
export type { PointSpacing } from './point-finder.ts'
export { TrailerCheck } from './trailer-check.ts'
export type { AccessPoint, Container, RawDecoder } from './types.ts'
export { deflateWindow, inflateWindow, WINDOW_SIZE } from './window.ts'
