/** A synchronous call as a promise, so that `expectCode` can look at what it throws. */
export async function thrown(work: () => unknown): Promise<unknown> {
  return work()
}
