import { type Context, reportFormat } from '../context.ts'
import { print, stringify } from '../report.ts'

/** `varve init LAKE`; a lake that is there already is left as it is. */
export async function init(context: Context, lake: string): Promise<void> {
  const verbs = await context.verbs()
  const report = await verbs.initLake(lake, { signal: context.signal })
  if (reportFormat(context.options) !== 'plain') return print(context, `${stringify(report)}\n`)
  const verb = report.created ? 'made' : 'there'
  return print(context, `${verb}  ${report.lake}  (id ${report.id})\n`)
}
