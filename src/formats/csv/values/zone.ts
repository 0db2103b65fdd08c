/** Named time zones, by the tables that Node's ICU brings. */

const formats = new Map<string, Intl.DateTimeFormat | undefined>()

const DAY = 86_400_000

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (!formats.has(zone)) {
    try {
      const fields = {
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      } as const
      formats.set(zone, new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...fields }))
    } catch {
      // A RangeError is how Intl says that it does not know the zone.
      formats.set(zone, undefined)
    }
  }
  return formats.get(zone)
}

function offsetAt(format: Intl.DateTimeFormat, millis: number): number {
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(millis)) part[type] = Number(value)
  const local = Date.UTC(part.year!, part.month! - 1, part.day!, part.hour, part.minute, part.second)
  return Math.round((local - Math.floor(millis / 1000) * 1000) / 1000)
}

/** Seconds to subtract from local microseconds in `zone` to get UTC; undefined for no such zone. */
export function zoneOffset(zone: string, localMicros: bigint): number | undefined {
  const format = formatOf(zone)
  if (format === undefined) return undefined
  const local = Number(localMicros / 1000n)
  if (!(Math.abs(local) < 8.6e15)) return undefined
  // An hour that the clock goes through twice is the second one; in one that it leaves out, the old offset goes on.
  const after = offsetAt(format, local + DAY)
  return offsetAt(format, local - after * 1000) === after ? after : offsetAt(format, local - DAY)
}
