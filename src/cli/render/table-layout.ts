/** Which columns of a wide table are shown, and how wide. */

/** A column is made no narrower than this before others are left out. */
const NARROW = 20

/** Border and padding of each column, and the first border. */
const AROUND = 3
const EDGE = 1

export interface ShownColumn {
  /** Index of the column; -1 stands for the columns left out in the middle. */
  readonly column: number
  readonly width: number
}

/**
 * Fits columns of these natural widths into `limit` cells as DuckDB does: wide columns shrink first, from the
 * left and no further than needed; then columns go, from the middle outwards; what is left over is given
 * back from the left.
 */
export function fitColumns(natural: readonly number[], limit: number | undefined): ShownColumn[] {
  const widths = [...natural]
  const everything = (): ShownColumn[] => widths.map((width, column) => ({ column, width }))
  let excess = total(widths) - (limit ?? Number.POSITIVE_INFINITY)
  for (let c = 0; c < widths.length && excess > 0; c++) {
    const less = Math.max(0, Math.min(widths[c]! - NARROW, excess))
    widths[c]! -= less
    excess -= less
  }
  if (excess <= 0 || limit === undefined) return everything()

  const hidden = new Set<number>()
  const order = fromTheMiddle(widths.length)
  // The `…` that stands for them takes a column of its own.
  excess += 1 + AROUND
  for (let i = 0; excess > 0 && hidden.size < widths.length - 1; i++) {
    hidden.add(order[i]!)
    excess -= widths[order[i]!]! + AROUND
  }
  let spare = Math.max(0, -excess)
  const shown: ShownColumn[] = []
  for (let c = 0; c < widths.length; c++) {
    if (hidden.has(c)) {
      if (shown.at(-1)?.column !== -1) shown.push({ column: -1, width: 1 })
      continue
    }
    const more = Math.min(spare, natural[c]! - widths[c]!)
    spare -= more
    shown.push({ column: c, width: widths[c]! + more })
  }
  return shown
}

const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + AROUND, EDGE)

/** The middle column, then the one before it, the one after it, and so on: 3 2 4 1 5 0 6. */
function fromTheMiddle(count: number): number[] {
  const middle = Math.floor(count / 2)
  const order = [middle]
  for (let offset = 1; order.length < count; offset++) {
    if (middle - offset >= 0) order.push(middle - offset)
    if (middle + offset < count) order.push(middle + offset)
  }
  return order
}
