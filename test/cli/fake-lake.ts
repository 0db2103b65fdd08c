/** A lake that notes what it was asked and answers from a script. */

import type {
  CommitReport,
  DatasetRow,
  DiffRow,
  LakeVerbs,
  SummaryRow,
  TransferPlan,
  VersionRow,
} from '../../src/library/lake-types.ts'
import type { CallOptions } from '../../src/library/types.ts'

/** A verb and its arguments, without what every call carries and what was not given. */
export interface Called {
  readonly verb: string
  readonly args: readonly unknown[]
}

export function fakeLake(called: Called[], answers: Partial<LakeVerbs>): LakeVerbs {
  const noted = Object.entries({ ...ANSWERS, ...answers }).map(([verb, answer]) => [
    verb,
    (...args: unknown[]) => {
      if (!((args.at(-1) as CallOptions).signal instanceof AbortSignal))
        throw new Error(`${verb} has no signal`)
      called.push({ verb, args: args.map(said) })
      return (answer as (...args: unknown[]) => unknown)(...args)
    },
  ])
  return Object.fromEntries(noted) as LakeVerbs
}

function said(arg: unknown): unknown {
  if (typeof arg !== 'object' || arg === null || Array.isArray(arg)) return arg
  return Object.fromEntries(
    Object.entries(arg).filter(
      ([name, value]) => name !== 'signal' && name !== 'onProgress' && value !== undefined,
    ),
  )
}

const COMMIT: CommitReport = { dataset: 'reads', version: 3, created: true, label: null, hash: 'abc' }

export const PLAN: TransferPlan = {
  dataset: 'reads',
  version: 3,
  policy: 'copy',
  files: 12,
  bytes: 5000,
  transfers: 10,
  transfer_bytes: 4096,
  present: 1,
  missing: ['objects/aa/aa11'],
}

const DATASET: DatasetRow = {
  name: 'reads',
  latest: 3,
  versions: 2,
  files: 12,
  bytes: 9007199254740991,
  created_at: '2026-11-01T12:00:00Z',
  description: null,
}

export const VERSIONS: readonly VersionRow[] = [
  {
    dataset: 'reads',
    version: 1,
    label: null,
    tags: [],
    parents: [],
    files: 1,
    bytes: 10,
    author: 'Ada',
    message: null,
    hash: 'h1',
    created_at: '2026-11-01T12:00:00Z',
  },
  {
    dataset: 'reads',
    version: 3,
    label: 'run1',
    tags: ['good', 'paper'],
    parents: ['reads@1', 'other@2'],
    files: 12,
    bytes: 2048,
    author: 'Ada \u001b[2J',
    message: 'two\nlines',
    hash: 'h3',
    created_at: '2026-11-02T12:00:00Z',
  },
]

const ANSWERS: LakeVerbs = {
  datasets: async () => [DATASET],
  versions: async () => VERSIONS,
  diff: async function* (): AsyncGenerator<DiffRow> {
    yield { key: { path: 'a.txt' }, change: 'added', old: null, new: { bytes: 2048n, sha256: 'aa' } }
    yield { key: { path: 'b.txt' }, change: 'removed', old: { bytes: 3, sha256: 'bb' }, new: null }
    yield {
      key: { path: 'c.txt' },
      change: 'changed',
      old: { bytes: 1, sha256: 'c1', tier: 'raw' },
      new: { bytes: 2, sha256: 'c2', tier: 'raw' },
    }
  },
  label: async () => VERSIONS[1]!,
  tag: async () => VERSIONS[1]!,
  untag: async () => {},
  delete: async () => {},
  gc: async ({ dryRun = false } = {}) => ({
    dry_run: dryRun,
    grace_seconds: 604800,
    versions: 0,
    objects: 2,
    bytes: 2048,
    deleted: ['objects/aa/1', 'objects/bb/2'],
  }),
  verify: async (_what, { full = false } = {}) => ({
    versions: 2,
    tables: 2,
    parts: 3,
    files: 12,
    bytes_read: 4096,
    full,
    damaged: [],
  }),
  add: async () => ({
    ...COMMIT,
    added: 2,
    changed: 1,
    unchanged: 3,
    skipped: 0,
    failed: [],
    bytes: 2048,
    transferred: 1024,
    unmatched: 0,
    heads_unread: 0,
  }),
  remove: async () => ({ ...COMMIT, removed: 2 }),
  move: async () => ({ ...COMMIT, moved: 1 }),
  writeTable: async (_dataset, table) => ({ ...COMMIT, table, rows: 3, added: 3, changed: 0, removed: 0 }),
  tables: async () => [
    {
      table: 'files',
      rows: 12,
      parts: 1,
      bytes: 900,
      key: ['path'],
      columns: [
        { name: 'path', type: 'VARCHAR' },
        { name: 'day', type: 'DATE' },
      ],
    },
    {
      table: 'visits',
      rows: 2,
      parts: 1,
      bytes: 90,
      key: ['patient', 'day'],
      columns: [
        { name: 'patient', type: 'BIGINT' },
        { name: 'day', type: 'DATE' },
        { name: 'cost', type: 'DECIMAL(9,2)' },
        { name: 'seen at', type: 'TIMESTAMP WITH TIME ZONE' },
      ],
    },
  ],
  files: async () => ({
    rows: [
      { path: 'a.txt', bytes: 9007199254740993n, modified_at: 0n, image: { width: 4 }, n: null },
      { path: 'b,"c".txt', bytes: 5n, modified_at: 1_500_000n, image: null, n: 1.5 },
    ],
    columns: [
      { name: 'path', type: 'VARCHAR' },
      { name: 'bytes', type: 'BIGINT' },
      { name: 'modified_at', type: 'TIMESTAMP WITH TIME ZONE' },
      { name: 'image', type: 'STRUCT(width INTEGER)' },
      { name: 'n', type: 'DOUBLE' },
    ],
    next: 'CURSOR',
  }),
  get: async (_reference, folder) => ({
    dataset: 'reads',
    version: 3,
    files: 12,
    bytes: 2048,
    written: 10,
    failed: [],
    manifest: `${folder}/varve-manifest.json`,
  }),
  summary: async (_reference, by = []): Promise<SummaryRow[]> => [
    {
      group: by.length === 0 ? {} : { day: 20000 },
      files: 12,
      bytes: 2048,
      formats: [
        { format: 'fastq', files: 10, bytes: 2000 },
        { format: null, files: 2, bytes: 48 },
      ],
      first_modified: '2026-01-01T00:00:00Z',
      last_modified: '2026-11-01T00:00:00Z',
    },
  ],
  export: async (_reference, file) => ({ ...PLAN, file, bundle_bytes: 4000 }),
  import: async () => ({ ...COMMIT, plan: PLAN }),
  publish: async (_reference, folder) => ({
    dataset: 'reads',
    version: 3,
    folder,
    tables: [{ name: 'files', rows: 12 }],
  }),
  attach: async () => DATASET,
  offline: async (_reference, file) => ({ file, tables: 2, rows: 14 }),
  fork: async (_reference, dataset) => ({ ...COMMIT, dataset, version: 1 }),
  restore: async () => COMMIT,
  merge: async () => ({ ...COMMIT, conflicts: [] }),
  alias: async () => COMMIT,
  stores: async () => [{ name: 'raw', url: 's3://bucket/raw/' }],
  nameStore: async (name, url) => ({ name, url }),
}
