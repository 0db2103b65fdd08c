/**
 * The inverse DCT of the IJG's library (jidctint.c, after Loeffler, Ligtenberg and Moschytz 1989), in its integers:
 * other transforms differ in the last digit, and GDAL's values are these.
 */

const PASS = 2
const work = new Int32Array(64)

/** Coefficients (dequantized, in natural order) to samples at `out[at]`, rows `stride` apart; the array clamps them. */
export function inverseDct(block: Int32Array, out: Uint8ClampedArray, at: number, stride: number): void {
  const w = work
  for (let c = 0; c < 8; c++) {
    const s1 = block[c + 8]!
    const s2 = block[c + 16]!
    const s3 = block[c + 24]!
    const s4 = block[c + 32]!
    const s5 = block[c + 40]!
    const s6 = block[c + 48]!
    const s7 = block[c + 56]!
    if ((s1 | s2 | s3 | s4 | s5 | s6 | s7) === 0) {
      const dc = block[c]! << PASS
      w[c] = dc
      w[c + 8] = dc
      w[c + 16] = dc
      w[c + 24] = dc
      w[c + 32] = dc
      w[c + 40] = dc
      w[c + 48] = dc
      w[c + 56] = dc
      continue
    }
    const e1 = Math.imul(s2 + s6, 4433)
    const t2 = e1 + Math.imul(s6, -15137)
    const t3 = e1 + Math.imul(s2, 6270)
    const t0 = (block[c]! + s4) << 13
    const t1 = (block[c]! - s4) << 13
    const a0 = t0 + t3
    const a3 = t0 - t3
    const a1 = t1 + t2
    const a2 = t1 - t2
    const z5 = Math.imul(s7 + s3 + s5 + s1, 9633)
    const z1 = Math.imul(s7 + s1, -7373)
    const z2 = Math.imul(s5 + s3, -20995)
    const z3 = Math.imul(s7 + s3, -16069) + z5
    const z4 = Math.imul(s5 + s1, -3196) + z5
    const o0 = Math.imul(s7, 2446) + z1 + z3
    const o1 = Math.imul(s5, 16819) + z2 + z4
    const o2 = Math.imul(s3, 25172) + z2 + z3
    const o3 = Math.imul(s1, 12299) + z1 + z4
    w[c] = (a0 + o3 + 1024) >> 11
    w[c + 56] = (a0 - o3 + 1024) >> 11
    w[c + 8] = (a1 + o2 + 1024) >> 11
    w[c + 48] = (a1 - o2 + 1024) >> 11
    w[c + 16] = (a2 + o1 + 1024) >> 11
    w[c + 40] = (a2 - o1 + 1024) >> 11
    w[c + 24] = (a3 + o0 + 1024) >> 11
    w[c + 32] = (a3 - o0 + 1024) >> 11
  }
  // The rounding of the second pass, and the shift of samples by 128, in one.
  const HALF = (1 << 17) + (128 << 18)
  for (let r = 0; r < 64; r += 8, at += stride) {
    const s0 = w[r]!
    const s1 = w[r + 1]!
    const s2 = w[r + 2]!
    const s3 = w[r + 3]!
    const s4 = w[r + 4]!
    const s5 = w[r + 5]!
    const s6 = w[r + 6]!
    const s7 = w[r + 7]!
    const e1 = Math.imul(s2 + s6, 4433)
    const t2 = e1 + Math.imul(s6, -15137)
    const t3 = e1 + Math.imul(s2, 6270)
    const t0 = ((s0 + s4) << 13) + HALF
    const t1 = ((s0 - s4) << 13) + HALF
    const a0 = t0 + t3
    const a3 = t0 - t3
    const a1 = t1 + t2
    const a2 = t1 - t2
    const z5 = Math.imul(s7 + s3 + s5 + s1, 9633)
    const z1 = Math.imul(s7 + s1, -7373)
    const z2 = Math.imul(s5 + s3, -20995)
    const z3 = Math.imul(s7 + s3, -16069) + z5
    const z4 = Math.imul(s5 + s1, -3196) + z5
    const o0 = Math.imul(s7, 2446) + z1 + z3
    const o1 = Math.imul(s5, 16819) + z2 + z4
    const o2 = Math.imul(s3, 25172) + z2 + z3
    const o3 = Math.imul(s1, 12299) + z1 + z4
    out[at] = (a0 + o3) >> 18
    out[at + 7] = (a0 - o3) >> 18
    out[at + 1] = (a1 + o2) >> 18
    out[at + 6] = (a1 - o2) >> 18
    out[at + 2] = (a2 + o1) >> 18
    out[at + 5] = (a2 - o1) >> 18
    out[at + 3] = (a3 + o0) >> 18
    out[at + 4] = (a3 - o0) >> 18
  }
}
