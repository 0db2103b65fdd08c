/** Undoes the differences that make samples compress better, in place; after the bytes are in this machine's order. */

/**
 * Horizontal differencing (TIFF 6.0, section 14): each sample as the difference to the one of its band before it. For
 * samples of 16 or 64 bits that become something else before bands are taken; others are summed as they are taken.
 */
export function undoDifferences(bytes: Uint8Array, rowBytes: number, bits: 16 | 64, samples: number): void {
  const { buffer, byteOffset, length } = bytes
  const rows = Math.floor(length / rowBytes)
  const perRow = (rowBytes * 8) / bits
  if (bits === 64) undo64(new Uint32Array(buffer, byteOffset, length >> 2), rows, perRow, samples)
  else undo16(new Uint16Array(buffer, byteOffset, length >> 1), rows, perRow, samples)
}

/** The array's own arithmetic wraps as the encoder's did. */
function undo16(values: Uint16Array, rows: number, perRow: number, samples: number): void {
  for (let row = 0; row < rows; row++) {
    const start = row * perRow
    for (let i = start + samples; i < start + perRow; i++) values[i] = values[i]! + values[i - samples]!
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
