/** Regions as samtools writes them: `20`, `20:1,000,000-2,000,000`, `20:1000-`, `20:1000`, `{HLA-A*01:01}:1-9`. */

import { VarveError } from '../../errors.ts'

/** 1-based, both ends included; an end that is not said is open. */
export interface Region {
  readonly chrom: string
  readonly from: number | undefined
  readonly to: number | undefined
}

const RANGE = /^(.*):([\d,]+)(?:-([\d,]*))?$/
const BRACED = /^\{(.*)\}(?::([\d,]+)(?:-([\d,]*))?)?$/

/** A text that is itself the name of a chromosome is that chromosome, colons or not. */
export function parseRegion(text: string, chromosomes: readonly string[]): Region {
  const braced = BRACED.exec(text)
  if (braced === null && chromosomes.includes(text)) return { chrom: text, from: undefined, to: undefined }
  const [, chrom = text, from, to] = braced ?? RANGE.exec(text) ?? []
  const region = { chrom, from: numberOf(from), to: numberOf(to) }
  if (region.from !== undefined && region.to !== undefined && region.to < region.from) {
    const message = `strategy region: "${text}" ends before it begins, expected CHROM:FROM-TO`
    throw new VarveError('invalid-input', message, { region: text })
  }
  return region
}

function numberOf(digits: string | undefined): number | undefined {
  const plain = (digits ?? '').replaceAll(',', '')
  return plain === '' ? undefined : Number(plain)
}
