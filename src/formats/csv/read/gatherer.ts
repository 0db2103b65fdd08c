import type { Zone, ZoneValue } from '../../text/types.ts'
import type { Wanted } from './plan.ts'

/** Gathers the smallest and the largest value of one column. */
export abstract class Gatherer {
  protected nulls = false
  /** Some value is not known. */
  protected wide = false

  constructor(readonly wanted: Wanted) {}

  widen(): void {
    this.wide = true
  }

  take(): Zone {
    const zone = this.wide ? { ...this.widest(), nulls: true } : { ...this.bounds(), nulls: this.nulls }
    this.nulls = false
    this.wide = false
    this.reset()
    return zone
  }

  abstract fold(from: number, to: number): void
  protected abstract bounds(): { min: ZoneValue; max: ZoneValue }
  protected abstract widest(): { min: ZoneValue; max: ZoneValue }
  protected abstract reset(): void
}
