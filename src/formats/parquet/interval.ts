/** Intervals in the text that DuckDB prints them in, and casts back. */

const HOUR = 3_600_000
const MINUTE = 60_000

/** Months, days and milliseconds, unsigned, of four bytes each. */
export function intervalText(bytes: Buffer): string {
  const months = bytes.readUInt32LE(0)
  const days = bytes.readUInt32LE(4)
  const millis = bytes.readUInt32LE(8)
  const parts = [named(Math.floor(months / 12), 'year'), named(months % 12, 'month'), named(days, 'day')]
  if (millis > 0 || (months === 0 && days === 0)) parts.push(clock(millis))
  return parts.filter((part) => part !== '').join(' ')
}

const named = (count: number, unit: string): string =>
  count === 0 ? '' : `${count} ${unit}${count === 1 ? '' : 's'}`

function clock(millis: number): string {
  const two = (value: number): string => `${value}`.padStart(2, '0')
  const fraction = millis % 1000
  const seconds = two(Math.floor((millis % MINUTE) / 1000))
  const text = `${two(Math.floor(millis / HOUR))}:${two(Math.floor((millis % HOUR) / MINUTE))}:${seconds}`
  return fraction === 0 ? text : `${text}.${`${fraction}`.padStart(3, '0').replace(/0+$/, '')}`
}
