/** What `work` makes of each item, in the items' order, at most `together` at a time. The first failure ends it. */
export async function inParallel<A, B>(
  items: readonly A[],
  together: number,
  work: (item: A) => B | Promise<B>,
): Promise<B[]> {
  const results: B[] = []
  let next = 0
  const run = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++
      results[i] = await work(items[i]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(together, items.length) }, run))
  return results
}
