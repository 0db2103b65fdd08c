/** How many segments may end only because the reference does: a file that is not sorted would have nothing else. */
export class BreakBudget {
  #taken = 0

  constructor(
    /** Each segment of a gzip file keeps a window of up to 32 KiB. */
    readonly dear: boolean,
  ) {}

  take(records: number): boolean {
    const most = this.dear ? 40 + records / 100_000 : 64 + records / 500
    if (this.#taken >= most) return false
    this.#taken++
    return true
  }
}
