import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of more than ten seconds, by time: begun last, they would leave a worker idle at the end. */
const LONG = [
  'e2e/mount-tools',
  'python/python',
  'e2e/s3',
  'e2e/mount',
  'e2e/mount-faults',
  'extension/faults',
  'e2e/lake-commands',
  'e2e/lake-s3',
  'lake/races',
  'e2e/mount-stranger',
  'scan/stream',
  'e2e/interrupts',
  'e2e/lake-interrupts',
  'model/pushdown/pushdown',
  'lake/ingest/upload',
  'sql/formats',
  'e2e/mount-contract',
  'store/contract',
  'e2e/lake-several-writers',
]

/** Long files first, those that share a process last: no other file comes between them, which would end it. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1))
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  if (project.name === 'together') return LONG.length + 1
  const place = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return place === -1 ? LONG.length : place
}
