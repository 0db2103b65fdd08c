/** Undoes the differences that make samples compress better, in place; after the bytes are in this machine's order. */

/** Horizontal differencing (TIFF 6.0, section 14): each sample as the difference to the one of its band before it. */
export function undoDifferences(bytes: Uint8Array, rowBytes: number, bits: number, samples: number): void {
  const { buffer, byteOffset, length } = bytes
  const wide = bits / 8
  const perRow = rowBytes / wide
  const rows = Math.floor(length / rowBytes)
  if (bits === 8 && samples === 3) undoBytesOfThree(bytes, rowBytes)
  else if (bits === 8) undoWhole(bytes, rows, perRow, samples)
  else if (bits === 16) undoWhole(new Uint16Array(buffer, byteOffset, length >> 1), rows, perRow, samples)
  else {
    const words = new Uint32Array(buffer, byteOffset, length >> 2)
    if (bits === 32) undoWhole(words, rows, perRow, samples)
    else undo64(words, rows, perRow, samples)
  }
}

/** The array's own arithmetic wraps as the encoder's did. */
function undoWhole(
  values: Uint8Array | Uint16Array | Uint32Array,
  rows: number,
  perRow: number,
  samples: number,
): void {
  for (let row = 0; row < rows; row++) {
    const start = row * perRow
    const end = start + perRow
    if (samples === 1) {
      let last = 0
      for (let i = start; i < end; i++) values[i] = last = last + values[i]!
    } else for (let i = start + samples; i < end; i++) values[i] = values[i]! + values[i - samples]!
  }
}

/** RGB: sums in registers, because reading back what was just written takes twice as long. */
function undoBytesOfThree(bytes: Uint8Array, rowBytes: number): void {
  for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
    let red = 0
    let green = 0
    let blue = 0
    for (let i = start; i < start + rowBytes; i += 3) {
      red += bytes[i]!
      green += bytes[i + 1]!
      blue += bytes[i + 2]!
      bytes[i] = red
      bytes[i + 1] = green
      bytes[i + 2] = blue
    }
  }
}

/** In two halves with the carry: BigInts cost ten times as much. */
function undo64(words: Uint32Array, rows: number, perRow: number, samples: number): void {
  for (let row = 0; row < rows; row++) {
    const start = 2 * row * perRow
    for (let i = start + 2 * samples; i < start + 2 * perRow; i += 2) {
      const low = words[i]! + words[i - 2 * samples]!
      words[i] = low
      words[i + 1] = words[i + 1]! + words[i + 1 - 2 * samples]! + (low > 0xffff_ffff ? 1 : 0)
    }
  }
}

/**
 * Floating point (Adobe's technical note 3): a row holds the highest bytes of all its samples, then the next ones,
 * whatever the file's byte order, as differences of bytes.
 */
export function undoFloating(bytes: Uint8Array, rowBytes: number, bits: number, samples: number): void {
  const wide = bits / 8
  const count = rowBytes / wide
  const row = new Uint8Array(rowBytes)
  for (let start = 0; start + rowBytes <= bytes.length; start += rowBytes) {
    row.set(bytes.subarray(start, start + rowBytes))
    for (let i = samples; i < rowBytes; i++) row[i] = row[i]! + row[i - samples]!
    for (let byte = 0; byte < wide; byte++) {
      const plane = (wide - 1 - byte) * count
      for (let i = 0, to = start + byte; i < count; i++, to += wide) bytes[to] = row[plane + i]!
    }
  }
}
