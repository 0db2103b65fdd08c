import type { Context } from '../context.ts'
import { printReport } from '../on-lake.ts'

/** `varve label D@v NAME` and `varve tag D@v NAME` */
export async function name(
  context: Context,
  kind: 'label' | 'tag',
  reference: string,
  word: string,
): Promise<void> {
  await printReport(
    context,
    kind,
    (lake, call) => lake[kind](reference, word, call),
    ({ dataset, version }) => `${kind}  ${dataset}@${version}  ${word}\n`,
  )
}

/** `varve untag D NAME` */
export async function untag(context: Context, dataset: string, tag: string): Promise<void> {
  await printReport(
    context,
    'untag',
    async (lake, call) => {
      await lake.untag(dataset, tag, call)
      return { dataset, tag }
    },
    () => `untagged  ${dataset}  ${tag}\n`,
  )
}

/** `varve delete D@v` */
export async function deleteVersion(context: Context, reference: string): Promise<void> {
  await printReport(
    context,
    'delete',
    async (lake, call) => {
      await lake.delete(reference, call)
      return { deleted: reference }
    },
    ({ deleted }) => `deleted  ${deleted}\n`,
  )
}
