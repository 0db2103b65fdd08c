/**
 * Works on the items of a stream, `concurrency` at a time, and gives the results in the order of the input.
 *
 * Results wait for those before them, up to a bound, so that one slow item does not stop the rest; beyond it the input
 * waits too. What may fail alone must be a value of `B`: a work that throws ends all, when its turn comes. However it
 * ends, no work is left running.
 */
export async function* mapInOrder<A, B>(
  items: AsyncIterable<A>,
  concurrency: number,
  work: (item: A) => Promise<B>,
): AsyncGenerator<B> {
  const input = items[Symbol.asyncIterator]()
  const results: Promise<B>[] = []
  const most = concurrency * WAITING
  let running = 0
  let over = false
  let stopped = false
  let failure: { readonly error: unknown } | undefined
  const bell = makeBell()

  /** Keeps the hands full; one item of the input is asked for at a time. */
  async function feed(): Promise<void> {
    try {
      while (!stopped) {
        if (running >= concurrency || results.length >= most) {
          await bell.next()
          continue
        }
        const item = await input.next()
        if (item.done === true || stopped) return
        const result = start(item.value)
        // Looked at when its turn comes, which may be later than node is ready to wait.
        result.catch(() => {})
        results.push(result)
        bell.ring()
      }
    } catch (error) {
      failure = { error }
    } finally {
      over = true
      bell.ring()
    }
  }

  async function start(item: A): Promise<B> {
    running++
    try {
      return await work(item)
    } catch (error) {
      stopped = true
      throw error
    } finally {
      running--
      bell.ring()
    }
  }

  const feeding = feed()
  try {
    for (;;) {
      const next = results[0]
      if (next !== undefined) {
        const result = await next
        results.shift()
        bell.ring()
        yield result
      } else if (over) break
      else await bell.next()
    }
    if (failure !== undefined) throw failure.error
  } finally {
    stopped = true
    bell.ring()
    // They have no taker any more: either someone lost interest, or the first failure is being thrown.
    await Promise.allSettled([...results, feeding])
    await input.return?.()
  }
}

/** Results that may wait, for each hand. */
const WAITING = 16

/** Wakes everyone who waits for something to change. */
function makeBell(): { ring(): void; next(): Promise<void> } {
  let ring: () => void = () => {}
  let rung = new Promise<void>((resolve) => (ring = resolve))
  return {
    ring() {
      ring()
      rung = new Promise((resolve) => (ring = resolve))
    },
    next: () => rung,
  }
}

/** For requests that wait more than they work. */
const TOGETHER = 16

/** What `work` makes of each item, in the items' order, some requests at a time. */
export function inOrder<A, B>(items: AsyncIterable<A>, work: (item: A) => Promise<B>): AsyncGenerator<B> {
  return mapInOrder(items, TOGETHER, work)
}
