/**
 * How much of it: what the mount must survive has a short form in the suite and a long one in `npm run soak`, which
 * sets `VARVE_SOAK=1`. `VARVE_SOAK_<NAME>=<number>` says how much of one of them.
 */

export function amount(name: string, short: number, long: number): number {
  const given = process.env[`VARVE_SOAK_${name}`]
  if (given === undefined || given === '') return process.env.VARVE_SOAK === '1' ? long : short
  const number = Number(given)
  if (Number.isFinite(number) && number > 0) return number
  throw new Error(`VARVE_SOAK_${name} is ${JSON.stringify(given)}, expected a number`)
}

/** Where random numbers begin; printed, so that `VARVE_SEED` repeats what went wrong. */
export function seedOf(what: string): number {
  const seed = Number(process.env.VARVE_SEED ?? Math.floor(Math.random() * 2 ** 31) + 1)
  if (!Number.isSafeInteger(seed) || seed < 1) throw new Error(`VARVE_SEED is ${process.env.VARVE_SEED}`)
  console.info(`${what}: VARVE_SEED=${seed}`)
  return seed
}
