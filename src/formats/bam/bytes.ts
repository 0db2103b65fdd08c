/** Little-endian numbers of a BAM record (SAMv1.pdf, 4.2), without a DataView for each array. */

export function int32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

export function uint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}

const cell = new DataView(new ArrayBuffer(8))

export function float32(bytes: Uint8Array, at: number): number {
  cell.setInt32(0, int32(bytes, at))
  return cell.getFloat32(0)
}

export function float64(bytes: Uint8Array, at: number): number {
  cell.setInt32(4, int32(bytes, at))
  cell.setInt32(0, int32(bytes, at + 4))
  return cell.getFloat64(0)
}
