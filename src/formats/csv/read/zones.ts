/** Smallest and largest values of columns, gathered from the columns themselves. */

import type { Zone } from '../../text/types.ts'
import { BoolColumn, TextColumn } from './column.ts'
import type { Gatherer } from './gatherer.ts'
import type { Wanted } from './plan.ts'
import { BoolGatherer, Int64Gatherer, NumberGatherer } from './zone-numbers.ts'
import { TextGatherer } from './zone-text.ts'

function gathererOf(wanted: Wanted): Gatherer {
  if (wanted.column instanceof TextColumn) return new TextGatherer(wanted)
  if (wanted.column instanceof BoolColumn) return new BoolGatherer(wanted)
  const wide = ['int64', 'time', 'timestamp'].includes(wanted.type.kind)
  return wide ? new Int64Gatherer(wanted) : new NumberGatherer(wanted)
}

/** Zones of all zone columns, in their order. */
export class ZoneGatherer {
  readonly #gatherers: readonly Gatherer[]
  /** Rows of the columns that are in the zones already. */
  #folded = 0

  constructor(wanted: readonly Wanted[]) {
    this.#gatherers = wanted.map(gathererOf)
  }

  /** A value of the column is not known: its zone holds everything. */
  widen(wanted: Wanted): void {
    this.#gatherers.find((gatherer) => gatherer.wanted === wanted)?.widen()
  }

  /** Takes rows up to `rows` in. */
  fold(rows: number): void {
    if (rows <= this.#folded) return
    for (const gatherer of this.#gatherers) gatherer.fold(this.#folded, rows)
    this.#folded = rows
  }

  /** The columns begin anew. */
  restart(): void {
    this.#folded = 0
  }

  take(): Zone[] {
    return this.#gatherers.map((gatherer) => gatherer.take())
  }
}
