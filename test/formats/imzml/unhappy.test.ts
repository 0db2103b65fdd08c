/** Bytes that no image should have: an error that says so, or other values, but no crash, hang or waste. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import { isVarveError } from '../../../src/errors.ts'
import { parseHead } from '../../../src/formats/head.ts'
import { detectFormat, formatNamed } from '../../../src/formats/registry.ts'
import { hooks } from '../../scan/support/harness.ts'
import { DATA, hasData } from '../../sql/runner.ts'
import { type MadeSpectrum, makeImage, UUID, wrap } from './image.ts'
import { bytesSource, openImage, readRows } from './support.ts'

const spectra: MadeSpectrum[] = [1, 2, 3].map((x) => ({
  id: `scan=${x}`,
  x,
  y: 1,
  mz: [100, 200, 300],
  intensity: [x, 2, 3],
}))
const IMAGE = makeImage(spectra)

async function readAll(xml: string | Uint8Array, ibd: Uint8Array | undefined = IMAGE.ibd): Promise<number> {
  return (await readRows(await openImage(typeof xml === 'string' ? Buffer.from(xml) : xml, ibd))).length
}

/** The message of the `invalid-data` or `unsupported` error that reading ends with. */
async function failure(xml: string | Uint8Array, ibd?: Uint8Array): Promise<string> {
  const error = await readAll(xml, ibd).then(
    (rows) => new Error(`it gave ${rows} rows`),
    (caught: unknown) => caught,
  )
  if (!isVarveError(error)) throw error
  expect(['invalid-data', 'unsupported']).toContain(error.code)
  expect(error.message).toMatch(/^imzml: .*memory:\/\/x\/image\.imzML/s)
  return error.message
}

const swap = (from: string | RegExp, to: string): string => {
  const changed = IMAGE.xml.replace(from, to)
  expect(changed).not.toBe(IMAGE.xml)
  return changed
}

describe('two files', () => {
  it('that belong together', async () => expect(await readAll(IMAGE.xml)).toBe(3))

  it('of which one is missing, empty or of another image', async () => {
    await expect(openImage(Buffer.from(IMAGE.xml), undefined)).rejects.toThrow(
      'imzml: there is no .ibd of the same name beside it, expected the spectra there (memory://x/image.imzML)',
    )
    expect(await failure(IMAGE.xml, Buffer.alloc(0))).toContain('image.ibd has 0 bytes, expected 16 or more')
    const other = Buffer.from(IMAGE.ibd)
    other[0] = 1
    expect(await failure(IMAGE.xml, other)).toContain(
      `image.ibd has the UUID 01${UUID.slice(2)}, expected ${UUID} as the XML says`,
    )
    expect(await failure(swap('{00112233', '{00112'))).toContain('the universally unique identifier is')
  })

  it('by any case of the ending, as far as the store tells', async () => {
    const format = formatNamed('imzml')
    const source = bytesSource('file:///a.b/Image.IMZML', Buffer.from(IMAGE.xml))
    const asked: string[] = []
    const layout = await format.layout(
      {
        head: parseHead(source.uri, Buffer.from(IMAGE.xml), true),
        source,
        beside: async (name) => {
          asked.push(name(source.uri))
          return asked.length < 2 ? undefined : bytesSource(asked.at(-1)!, IMAGE.ibd)
        },
        signal: undefined,
      },
      {},
    )
    expect(asked).toEqual(['file:///a.b/Image.ibd', 'file:///a.b/Image.IBD'])
    expect(layout.companions).toEqual([
      { uri: 'file:///a.b/Image.IBD', size: IMAGE.ibd.length, identity: 'test' },
    ])
    const noOption = format.layout(
      {
        head: parseHead(source.uri, Buffer.from(IMAGE.xml), true),
        source,
        beside: async () => undefined,
        signal: undefined,
      },
      { pixels: true },
    )
    await expect(Promise.resolve(noOption)).rejects.toThrow('imzml: unknown option "pixels", it takes none')
  })
})

describe('heads', () => {
  it('that are none', async () => {
    expect(await failure('')).toContain('imzml: the file is empty, expected an mzML element')
    expect(await failure('id,x\n1,2\n')).toContain('the XML is not well-formed')
    expect(await failure('<html><body/></html>')).toContain('the XML begins with <html>, expected <mzML>')
    expect(await failure('<?xml version="1.0"?><mzML><run id="r"></run></mzML>')).toContain(
      'there is no list of spectra',
    )
    expect(await failure(Buffer.from(IMAGE.xml, 'utf16le'))).toContain('imzml: ')
    expect(await failure(Buffer.from(`\ufeff${IMAGE.xml}`, 'utf16le'))).toContain('in UTF-16')
    expect(await failure(swap('UTF-8', 'EBCDIC'))).toContain('the XML is in "EBCDIC", expected UTF-8')
  })

  it('are told from others', () => {
    const detected = (text: string): string => detectFormat('x', parseHead('x', Buffer.from(text), true)).name
    expect(detected(IMAGE.xml)).toBe('imzml')
    expect(detected(`\ufeff${IMAGE.xml}`)).toBe('imzml')
    expect(detected(IMAGE.xml.replaceAll('IMS', 'MS'))).not.toBe('imzml')
    expect(detected('<html>mzML "IMS"</html>')).not.toBe('imzml')
  })

  it('with a byte-order mark, and texts in their own encoding', async () => {
    const named = { ...spectra[0]!, id: 'Schubertstraße' }
    const { xml, ibd } = makeImage([named])
    const latin = Buffer.from(xml.replace('UTF-8', 'ISO-8859-1'), 'latin1')
    for (const bytes of [Buffer.from(`\ufeff${xml}`), Buffer.from(xml), latin]) {
      const [row] = await readRows(await openImage(bytes, ibd))
      expect(row![6]).toBe('Schubertstraße')
    }
  })
})

describe('XML that wants to harm', () => {
  const doctype = (inside: string): string => `<!DOCTYPE mzML ${inside}>\n`

  it('by a document type: entities are not expanded, no file is opened', async () => {
    const laughs = doctype('[<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]')
    const file = doctype('[<!ENTITY x SYSTEM "file:///etc/passwd">]')
    for (const more of [laughs, file, doctype('SYSTEM "http://127.0.0.1/x.dtd"')]) {
      expect(await failure(wrap('', {}, more))).toContain('the XML has a document type, expected none')
    }
    const within = swap('<spectrum id="scan=2"', '<!DOCTYPE x [<!ENTITY a "1">]><spectrum id="scan=2"')
    expect(await failure(within)).toMatch(/document type|not well-formed/)
    expect(await failure(swap('id="scan=2"', 'id="&xxe;"'))).toContain(
      'not well-formed: Invalid character entity',
    )
    expect(await failure(swap('id="r"', 'id="&xxe;"'))).toContain('not well-formed: Invalid character entity')
  })

  it('by size and depth', async () => {
    const huge = 'x'.repeat(3 << 20)
    expect(await failure(swap('id="r"', `id="${huge}"`))).toContain('Max buffer length exceeded')
    expect(await failure(swap('<run', `${'<a>'.repeat(10_000)}<run`))).toContain(
      'nests deeper than 64 elements',
    )
    const attributes = Array.from({ length: 1000 }, (_, i) => `a${i}="1"`).join(' ')
    expect(await failure(swap('<run', `<a ${attributes}/><run`))).toContain('more than 256 attributes')
    const group =
      '<referenceableParamGroup id="g"><cvParam accession="MS:1000523"/></referenceableParamGroup>'
    expect(await failure(swap('<referenceableParamGroup ', `${group.repeat(5000)}$&`))).toContain(
      'groups of terms hold more than 4096',
    )
    expect(await failure(swap('<scan>', `<scan>&amp;${'<a>'.repeat(10_000)}`))).toContain('nests deeper')
    // A spectrum of more than is held at once.
    const long = swap('<scan>', `<scan>${'<userParam name="n" value="v"/>\n'.repeat(600_000)}`)
    expect(await readAll(long)).toBe(3)
  }, 60_000)
})

describe('spectra', () => {
  it.each([
    [
      'a position',
      '1000050" name="x" value="2"',
      '1000050" name="x" value="two"',
      'spectrum 1: the position x is "two", expected a whole number',
    ],
    [
      'a far position',
      '1000050" name="x" value="2"',
      '1000050" name="x" value="3000000000"',
      'expected a whole number',
    ],
    [
      'no position',
      '1000050" name="x" value="2"',
      '1009999" name="x" value="2"',
      'spectrum 1: it has no position x, expected one',
    ],
    ['no array', 'ref="int"', 'ref="other"', 'it has no intensity array, expected one'],
    ['a type', 'MS:1000521', 'MS:1000520', 'expected'],
    [
      'no type',
      'accession="MS:1000521" name="32-bit float"',
      'accession="MS:1" name="x"',
      'the intensity array has no type of values',
    ],
    ['compression', 'MS:1000576', 'MS:1002312', 'compressed in a way that is not read'],
    [
      'an offset',
      '1000102" name="x" value="16"',
      '1000102" name="x" value=""',
      'the external offset is "", expected a whole number',
    ],
    [
      'a negative offset',
      '1000102" name="x" value="16"',
      '1000102" name="x" value="-16"',
      'the m/z array of spectrum 0: it stands at bytes -16 to 8, expected within the 124 of memory://x/image.ibd',
    ],
    [
      'a far offset',
      '1000102" name="x" value="16"',
      `1000102" name="x" value="${2 ** 50}"`,
      'the m/z array of spectrum 0: it stands at bytes 1125899906842624 to',
    ],
    [
      'a length',
      '1000103" name="x" value="3"',
      `1000103" name="x" value="${2 ** 40}"`,
      'the m/z array of spectrum 0: it stands at bytes 16 to 8796093022224',
    ],
    [
      'an absurd length',
      '1000103" name="x" value="3"',
      `1000103" name="x" value="1${'0'.repeat(300)}"`,
      'the external array length is "1000',
    ],
    ['no length', 'IMS:1000103', 'IMS:1009999', 'has no external array length, expected one'],
  ])('with %s that cannot be', async (_, from, to, message) => {
    expect(await failure(swap(from, from === 'MS:1000521' ? `${to}" name="half" x="` : to))).toContain(
      message,
    )
  })

  it('that are compressed, but not so', async () => {
    const { xml, ibd } = makeImage(spectra, { zlib: true })
    expect(
      await failure(xml.replace('1000103" name="x" value="3"', '1000103" name="x" value="4"'), ibd),
    ).toContain('the m/z array of spectrum 0: it inflates to 24 bytes, expected 32')
    expect(
      await failure(xml.replace('1000103" name="x" value="3"', '1000103" name="x" value="1000000000"'), ibd),
    ).toContain('compressed bytes hold 1000000000 values, expected fewer')
    expect(await failure(xml.replace(/IMS:1000104/g, 'IMS:1009999'), ibd)).toContain(
      'it is compressed, expected an external encoded length',
    )
    const broken = Buffer.from(ibd)
    broken.fill(0xff, 20, 30)
    expect(await failure(xml, broken)).toContain('the m/z array of spectrum 0: ')
  })

  it('whose type the name says better than the number', async () => {
    const named = swap(
      'accession="MS:1000521" name="32-bit float"',
      'accession="MS:1000523" name="32-bit float"',
    )
    const rows = await readRows(await openImage(Buffer.from(named), IMAGE.ibd))
    expect(rows.map((row) => row[5])).toEqual([1, 2, 3].map((x) => [x, 2, 3]))
  })

  it('whose offsets were counted with a sign', async () => {
    const far = 5 * 2 ** 30
    const offsets = [2 ** 31 - 200_000, 2 ** 31 + 200_000, far].map((offset) => offset | 0)
    let i = 0
    // Intensities only: every second offset.
    let k = 0
    const xml = IMAGE.xml.replace(/(1000102" name="x" value=")\d+/g, (all, start: string) =>
      k++ % 2 === 0 ? all : `${start}${offsets[i++]}`,
    )
    const reads: [number, number][] = []
    const source: ByteSource = {
      ...bytesSource('memory://x/image.ibd', IMAGE.ibd),
      size: far + 1000,
      async read(start, end) {
        reads.push([start, end])
        return start < IMAGE.ibd.length ? IMAGE.ibd.slice(start, end) : new Uint8Array(end - start)
      },
    }
    const image = await openImage(Buffer.from(xml), source)
    reads.length = 0
    expect(await readRows(image, { columns: [3, 5] })).toEqual([0n, 1n, 2n].map((row) => [row, [0, 0, 0]]))
    // 2^31 - 200,000 stands as it is, the next one is negative; 5 GiB in 32 bits is 1 GiB, behind the turn of the sign.
    expect(reads.map(([start]) => start).sort((a, b) => a - b)).toEqual([
      2 ** 31 - 200_000,
      2 ** 31 + 200_000,
      far,
    ])
  })

  it('of blocks that cannot be read are passed over when errors are ignored', async () => {
    const xml = swap('1000102" name="x" value="16"', '1000102" name="x" value="4096"')
    const image = await openImage(Buffer.from(xml), IMAGE.ibd)
    const { index, format, source, layout, attach } = image
    const rejects: string[] = []
    const [segment] = index.segments
    const run = {
      kind: 'run' as const,
      point: segment!.point,
      end: segment!.end,
      raw: 0,
      rawEnd: segment!.rawEnd,
      firstRow: 0,
      skip: 0,
      rows: 3,
      toEnd: true,
      checks: [],
      parts: [{ source: 0, end: 1, raw: 1, firstRow: 0, rows: 3, window: segment!.point.window }],
    }
    const more = {
      ...hooks,
      attach,
      ignoreErrors: true,
      onReject: (bad: { message: string }) => rejects.push(bad.message),
    }
    let rows = 0
    for await (const batch of format.read(source, layout, run, [4], more)) rows += batch.rows
    expect(rows).toBe(0)
    expect(rejects).toEqual([expect.stringContaining('the m/z array of spectrum 0')])
    // What the XML says can be read all the same.
    expect(await readRows(image, { columns: [0, 6] })).toEqual(spectra.map(({ x, id }) => [x, id]))
  })
})

describe('damage', () => {
  const samples: [string, Uint8Array, Uint8Array][] = [['made here', Buffer.from(IMAGE.xml), IMAGE.ibd]]
  if (hasData()) {
    const path = join(DATA, 'imzml/metaspace/Untreated_3_434_tiny')
    samples.push(['metaspace', readFileSync(`${path}.imzML`), readFileSync(`${path}.ibd`)])
  }

  it.each(samples)('XML that ends early: %s', async (_, xml, ibd) => {
    for (let i = 0; i < 10; i++) await failure(xml.subarray(0, Math.floor((xml.length * i) / 10.5)), ibd)
  })

  it.each(samples)('an .ibd that ends early: %s', async (_, xml, ibd) => {
    for (let i = 0; i < 10; i++) await failure(xml, ibd.subarray(0, Math.floor((ibd.length * i) / 10)))
  })

  it.each(samples)(
    'a byte flipped: %s',
    async (_, xml, ibd) => {
      const rows = await readAll(xml, ibd)
      await fc.assert(
        fc.asyncProperty(fc.nat(xml.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
          const broken = Buffer.from(xml)
          broken[at]! ^= mask
          const outcome = await readAll(broken, ibd).catch((error: unknown) => error)
          if (typeof outcome === 'number') expect(outcome).toBeLessThanOrEqual(rows)
          else if (!isVarveError(outcome)) throw outcome
        }),
        { numRuns: 300 },
      )
    },
    60_000,
  )
})
