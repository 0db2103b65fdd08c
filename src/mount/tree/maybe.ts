/** Values that are there at once when they are in memory: a promise would cost a turn of the event loop for each. */

export type Maybe<T> = T | Promise<T>

/** What `next` makes of a value, at once when the value is there. */
export function andThen<A, B>(value: Maybe<A>, next: (value: A) => Maybe<B>): Maybe<B> {
  return value instanceof Promise ? value.then(next) : next(value)
}
