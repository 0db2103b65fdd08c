/** Bytes that are not what they should be, or more than one would think. */

import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { isVarveError } from '../../../src/errors.ts'
import { formatNamed } from '../../../src/formats/registry.ts'
import { runOf } from '../../../src/index/runs.ts'
import { pack, random } from '../../scan/support/corpus.ts'
import { bindBytes, piecesAt, readWork, scanBytes } from '../../scan/support/harness.ts'
import { bindFasta, fastaFile, PLAIN, residuesOf } from './support.ts'

const file = fastaFile(
  [
    { id: 'a', description: 'first', residues: residuesOf(70, 1) },
    { id: 'b', description: null, residues: residuesOf(400, 2) },
    { id: 'c', description: 'é', residues: residuesOf(33, 3) },
  ],
  { ...PLAIN, wrap: 30 },
)

/** Rows, or the error, which must be one that says what is wrong. */
async function outcome(bytes: Uint8Array): Promise<unknown[] | string> {
  try {
    return (await scanBytes(await bindFasta(bytes))).rows
  } catch (error) {
    if (!isVarveError(error, 'invalid-data')) throw error
    return error.message
  }
}

describe('truncated', () => {
  it('a file is what is left of it', async () => {
    for (let i = 0; i < 10; i++) {
      const at = Math.floor((file.raw.length * i) / 10)
      const rows = await outcome(file.raw.subarray(0, at))
      // The second half of "é".
      if (typeof rows === 'string') expect(rows).toContain('not valid UTF-8')
      else expect(rows.length).toBe(file.raw.subarray(0, at).toString('latin1').split('>').length - 1)
    }
  })

  it.each(['gzip', 'bgzf'] as const)('%s is refused', async (packing) => {
    const bytes = pack(file.raw, packing, [100])
    const end = packing === 'bgzf' ? bytes.length - 28 : bytes.length
    for (let i = 1; i < 10; i++) {
      const found = await outcome(bytes.subarray(0, Math.floor((end * i) / 10)))
      // Between two blocks nothing tells that others followed.
      if (typeof found !== 'string') expect(packing).toBe('bgzf')
    }
  })
})

describe('flipped', () => {
  it('bytes make other rows, or an error that names the record', async () => {
    const next = random(7)
    let refused = 0
    for (let i = 0; i < 80; i++) {
      const bytes = Buffer.from(file.raw)
      for (let flips = 1 + next(3); flips > 0; flips--) bytes[next(bytes.length)]! ^= 1 << next(8)
      const found = await outcome(bytes)
      if (typeof found !== 'string') continue
      refused++
      expect(found).toMatch(/^fasta: (record \d|the file starts with)/)
    }
    expect(refused).toBeGreaterThan(10)
  })

  it('bytes of gzip never give rows that are not in the file', async () => {
    const next = random(9)
    const bytes = pack(file.raw, 'bgzf', [90])
    for (let i = 0; i < 60; i++) {
      const broken = Buffer.from(bytes)
      broken[next(bytes.length)]! ^= 1 << next(8)
      const found = await outcome(broken)
      if (typeof found === 'string') expect(found).toMatch(/^(fasta|gzip|bgzf)/)
    }
  })
})

describe('errors', () => {
  it.each([0.2, 0.6])('say record and byte of the whole file, in any piece (cut at %d)', async (cut) => {
    const bytes = Buffer.from(file.raw)
    const at = bytes.indexOf('\n', bytes.indexOf('>b')) + 200
    bytes[at] = 7
    const bound = await bindFasta(bytes)
    const pieces = piecesAt(bound, [Math.floor(cut * bytes.length)])
    const error = await scanBytes(bound, pieces).catch((thrown: unknown) => thrown)
    expect(isVarveError(error, 'invalid-data') && error.message).toMatch(
      /^fasta: record \S+ has the byte 0x07 in its sequence, expected printable ASCII \(/,
    )
  })

  it('an empty file has no rows', async () => {
    expect(await outcome(Buffer.alloc(0))).toEqual([])
  })

  it('what is no FASTA is refused', async () => {
    for (const bytes of ['@r\nA\n+\n!\n', 'ACGT\n', '\0\0\0\0', '\x89PNG\r\n'])
      await expect(bindBytes(Buffer.from(bytes, 'latin1'), 'fasta')).rejects.toThrow(
        'fasta: the file starts with',
      )
  })
})

describe('beyond 5 GiB', () => {
  const far = 5 * 2 ** 30
  /** A file that has 5 GiB of one sequence before the records that are looked at. */
  const text = Buffer.concat([Buffer.from('GT\n'), file.raw])
  const source: ByteSource = {
    uri: 'memory://far',
    size: far + text.length,
    identity: 'x',
    async read(start, end) {
      const out = new Uint8Array(end - start).fill(65)
      const from = Math.max(start, far)
      if (end > from) out.set(text.subarray(from - far, end - far), from - start)
      return out
    },
  }

  it('pieces and runs are in their places', async () => {
    const format = formatNamed('fasta')
    const bound = await bindFasta(file.raw)
    const at = { ...bound, source, format }
    const piece = { kind: 'piece', from: far - 1000, to: source.size, start: 'sync' } as const
    const { rows, result } = await readWork(at, piece)
    expect(rows).toEqual(file.rows)
    expect(result).toMatchObject({ start: 1003, stop: 1000 + text.length, raw: 1000 + text.length, rows: 3 })
    const { index } = await scanBytes(bound)
    const run = runOf(index, { firstRow: 1, rows: 1 })!
    const shift = far + 3
    const moved = {
      ...run,
      point: { ...run.point, source: run.point.source + shift, raw: run.point.raw + shift },
      end: run.end + shift,
      raw: run.raw + shift,
      rawEnd: run.rawEnd + shift,
      firstRow: 7_000_000_000,
      checks: run.checks.map((check) => ({ ...check, rawEnd: check.rawEnd + shift })),
    }
    expect((await readWork(at, moved)).rows).toEqual([
      [...file.rows[1]!.slice(0, 5), 7_000_000_000n + BigInt(run.skip)],
    ])
  })

  it('a part of a sequence says where it is', async () => {
    const bound = await bindFasta(file.raw)
    const run = {
      kind: 'run' as const,
      point: { source: far - 500, bits: 0, raw: far - 500 },
      end: far + 3,
      raw: far - 500,
      rawEnd: far + 3,
      firstRow: 0,
      skip: 0,
      rows: 1,
      toEnd: false,
      checks: [],
      within: {
        from: far - 10,
        to: far + 100,
        resume: { at: far - 500, values: { id: 'huge', description: null } },
      },
    }
    expect((await readWork({ ...bound, source, format: formatNamed('fasta') }, run)).rows).toEqual([
      ['huge', null, 'AAAAAAAAAAGT', 12n, BigInt(far - 10), 0n],
    ])
  })
})
