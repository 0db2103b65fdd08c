/** Files that list their own blocks: their zones come of the list, or of a first scan. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { writeTiff } from '../../formats/geotiff/tiff.ts'
import { type MadeImage, makeImage } from '../../formats/imzml/image.ts'
import { DATA, hasData } from '../../sql/runner.ts'
import { type Column, type Fixture, ODD_NUMBERS, RECORD, ROWS, range, whole } from './fixture.ts'

const numbers = (name: string, ...samples: readonly string[]): Column => ({
  name,
  kind: 'number',
  samples: [...samples, ...ODD_NUMBERS],
})

/** Sorted, scattered, with nulls, not a number, with texts that statistics cut short. */
const table = parquetWriteBuffer({
  columnData: [
    { name: 'n', data: range(ROWS, (i) => i), type: 'INT32' },
    { name: 'x', data: range(ROWS, (i) => (i % 7 === 0 ? null : BigInt((i * 37) % ROWS))), type: 'INT64' },
    {
      name: 'f',
      data: range(ROWS, (i) => (i % 41 === 0 ? Number.NaN : i % 43 === 0 ? -0 : (i - 100) / 8)),
      type: 'DOUBLE',
    },
    {
      name: 's',
      data: range(ROWS, (i) => (i > 200 && i < 300 ? null : `${'é'.repeat(i % 40)}${Math.floor(i / 25)}`)),
      type: 'STRING',
    },
    { name: 'b', data: range(ROWS, (i) => (i > 300 ? true : i % 5 === 0 ? null : false)), type: 'BOOLEAN' },
  ],
  rowGroupSize: 50,
})

const transform = [10, 0, 500_000, 0, -10, 6_000_000]
const image = writeTiff({ width: 128, height: 96, transform })
const small = writeTiff({ width: 32, height: 32, tileWidth: 16, tileHeight: 16, nodata: 0, transform })

const OFFSET = /(accession="IMS:1000102"[^>]* value=")(\d+)/g
/** Spectra that stand so far from those before are a block of their own. */
const APART = 5 << 20
const TOGETHER = 150

/** The image with a gap before every so many spectra: small ones would be one block. */
function apart({ xml, ibd }: MadeImage): MadeImage {
  let arrays = 0
  const edges: number[] = []
  const moved = xml.replace(OFFSET, (_, before: string, offset: string) => {
    // Each has two arrays.
    const gap = Math.floor(arrays++ / 2 / TOGETHER)
    if (gap > edges.length) edges.push(Number(offset))
    return `${before}${Number(offset) + gap * APART}`
  })
  const parts = [0, ...edges].map((from, i) => [ibd.subarray(from, edges[i]), Buffer.alloc(APART)])
  return { xml: moved, ibd: Buffer.concat(parts.flat().slice(0, -1)) }
}

const spectra = apart(
  makeImage(
    range(ROWS, (i) => ({
      id: `s${i}`,
      x: 1 + (i % 30),
      y: 1 + Math.floor(i / 30),
      mz: [100 + i, 200.5 + i],
      intensity: [i, 1],
      totalIonCurrent: i % 9 === 0 ? undefined : i * 1.5,
    })),
  ),
)

const MADE: readonly Fixture[] = [
  {
    name: 'groups.parquet',
    call: 'varve_read_parquet(?)',
    format: 'parquet',
    content: new Uint8Array(table),
    columns: [
      numbers('n', ...whole(8)),
      numbers('x', ...whole(8)),
      numbers('f', '-12.5', '0', '10', '31.25', '62.375'),
      { name: 's', kind: 'text', samples: ["''", "'5'", "'éé'", "'ééééé12'", "'é2'", 'null'] },
      { name: 'b', kind: 'flag', samples: ['true', 'false', "'t'", '1', 'null'] },
    ],
  },
  {
    name: 'image.tif',
    call: 'read_geotiff(?)',
    format: 'geotiff',
    content: image,
    columns: [
      RECORD,
      numbers('tile_col', '0', '3', '7'),
      numbers('tile_row', '0', '2', '5'),
      numbers('col', '16', '64', '100'),
      numbers('x_min', '500160', '500160.0', '501000'),
      numbers('y_max', '6000000', '5999500', '5999361'),
    ],
  },
  {
    name: 'pixels.tif',
    call: 'read_geotiff(?, pixels := true)',
    format: 'geotiff',
    options: { pixels: true },
    content: small,
    columns: [
      RECORD,
      numbers('col', '0', '15', '16', '31'),
      numbers('row', '0', '15', '16', '31'),
      numbers('x', '500005', '500165', '500300'),
      numbers('y', '5999995', '5999800'),
      numbers('band_1', '0', '7', '100', '250'),
    ],
  },
  {
    name: 'spectra.imzML',
    call: 'read_imzml(?)',
    format: 'imzml',
    content: spectra.xml,
    beside: ['spectra.ibd', spectra.ibd],
    columns: [
      numbers('spectrum', ...whole(8)),
      numbers('x', '1', '15', '30', '31'),
      numbers('y', '1', '10', '20'),
      numbers('total_ion_current', '1.5', '300', '750'),
      { name: 'id', kind: 'text', samples: ["'s1'", "'s250'", "'s59'", "'t'"] },
    ],
  },
]

const cloud = (name: string, path: string, format: string, columns: readonly Column[]): Fixture => ({
  name,
  call: `read_${format}(?)`,
  format,
  content: readFileSync(join(DATA, 'las', path)),
  columns: [RECORD, ...columns],
})

/** No point cloud is made without LASzip. */
const POINTS: readonly Fixture[] = hasData()
  ? [
      cloud('points.laz', 'loaders.gl/pdrf6-1.4.laz', 'las', [
        numbers('x', '-1e9', '0', '5e8'),
        numbers('z', '-1e9', '0', '2e9'),
        numbers('gps_time', '-1e307', '0', '1e300'),
        numbers('classification', '0', '2', '100', '255'),
      ]),
      cloud('nodes.laz', 'laspy/simple.copc.laz', 'copc', [
        numbers('x', '636000', '637000', '638500.5'),
        numbers('y', '849000', '851000', '853000'),
        numbers('z', '410', '450', '520'),
        numbers('gps_time', '245370.4', '246000', '247000'),
        numbers('level', '0', '1', '2'),
      ]),
    ]
  : []

export const BLOCK_FIXTURES: readonly Fixture[] = [...MADE, ...POINTS]
