/** What the process of a mount writes on its stderr: to the program's own, or to a log. */

import { readFileSync, truncateSync, writeSync } from 'node:fs'

/** What libfuse says when it is stopped where we want it to stop: see fuse/attach.ts. */
const EXPECTED_LINE = /^fuse: unknown option `varve_.*\n/gm

export function withoutExpected(text: string): string {
  return text.replace(EXPECTED_LINE, '')
}

/**
 * Takes the expected line out of a log, of which it would be all there is. Its writer's descriptor appends, so that
 * what is written next stands where the file ends then.
 *
 * @param from the bytes that were there before
 * @param descriptor the writer's
 */
export function tidyLog(log: string, from: number, descriptor: number): void {
  const written = readFileSync(log).subarray(from).toString()
  const kept = withoutExpected(written)
  if (kept === written) return
  truncateSync(log, from)
  if (kept !== '') writeSync(descriptor, kept)
}
