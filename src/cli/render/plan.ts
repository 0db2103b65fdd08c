import type { ResultColumn } from '../../engine/types.ts'

/** Whether these are the columns of EXPLAIN, whose plans are pictures of many lines: a box around them breaks them. */
export function isPlan(columns: readonly ResultColumn[]): boolean {
  return columns.length === 2 && columns[0]!.name === 'explain_key' && columns[1]!.name === 'explain_value'
}

/** The plans as they are drawn, each under its name when there are several. */
export function planText(plans: readonly (readonly [name: string, plan: string])[]): string {
  const titled = plans.length > 1
  return plans
    .map(([name, plan]) => `${titled ? `${name}\n` : ''}${visible(plan).replace(/\n*$/, '\n')}`)
    .join('')
}

/** Control characters but line breaks are shown, not sent: a plan holds names and constants of the query. */
function visible(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
