/** Contexts that LASzip makes of the number of returns (row) and the return number (column). */

const rows = (text: string): Uint8Array => Uint8Array.from(text.trim().split(/\s+/), Number)

/** Formats 0 to 5: 16 contexts of x and y, and of the intensity. */
export const RETURN_MAP_8 = rows(`
  15 14 13 12 11 10  9  8
  14  0  1  3  6 10 10  9
  13  1  2  4  7 11 11 10
  12  3  4  5  8 12 12 11
  11  6  7  8  9 13 13 12
  10 10 11 12 13 14 14 13
   9 10 11 12 13 14 15 14
   8  9 10 11 12 13 14 15
`)

/** Formats 0 to 5: how far the two are apart, 8 contexts of z. */
export const RETURN_LEVEL_8 = Uint8Array.from({ length: 64 }, (_, i) => Math.abs((i >> 3) - (i & 7)))

/** Formats 6 to 10: 6 contexts of x and y. */
export const RETURN_MAP_16 = rows(`
  0 1 2 3 4 5 3 4 4 5 5 5 5 5 5 5
  1 0 1 3 3 3 3 3 3 3 3 3 3 3 3 3
  2 1 2 4 4 4 4 4 4 4 4 3 3 3 3 3
  3 3 4 5 4 4 4 4 4 4 4 4 4 4 4 4
  4 3 4 4 5 4 4 4 4 4 4 4 4 4 4 4
  5 3 4 4 4 5 4 4 4 4 4 4 4 4 4 4
  3 3 4 4 4 4 5 4 4 4 4 4 4 4 4 4
  4 3 4 4 4 4 4 5 4 4 4 4 4 4 4 4
  4 3 4 4 4 4 4 4 5 4 4 4 4 4 4 4
  5 3 4 4 4 4 4 4 4 5 4 4 4 4 4 4
  5 3 4 4 4 4 4 4 4 4 5 4 4 4 4 4
  5 3 3 4 4 4 4 4 4 4 4 5 5 4 4 4
  5 3 3 4 4 4 4 4 4 4 4 5 5 5 4 4
  5 3 3 4 4 4 4 4 4 4 4 4 5 5 5 4
  5 3 3 4 4 4 4 4 4 4 4 4 4 5 5 5
  5 3 3 4 4 4 4 4 4 4 4 4 4 4 5 5
`)

/** Formats 6 to 10: 8 contexts of z. */
export const RETURN_LEVEL_16 = Uint8Array.from({ length: 256 }, (_, i) =>
  Math.min(7, Math.abs((i >> 4) - (i & 15))),
)

/** The context of y by the bits of x's difference, or of z by those of both: whether it is an only return, too. */
export function bitsContext(bits: number, most: number, only: boolean): number {
  return (bits < most ? bits & ~1 : most) + (only ? 1 : 0)
}
