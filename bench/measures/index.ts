/** Every measure, in the order of the table. */

import { alignments } from '../formats/bam.ts'
import { fastaIndex } from '../formats/fasta.ts'
import { rasterWindows } from '../formats/geotiff.ts'
import { imageRegion } from '../formats/imzml.ts'
import { copcBox, lazScan } from '../formats/las.ts'
import { parquetColumns } from '../formats/parquet.ts'
import { variants } from '../formats/vcf.ts'
import type { Measure } from '../types.ts'
import { bgzipScan } from './bgzip-scan.ts'
import { csvScan } from './csv-scan.ts'
import { extension } from './extension.ts'
import { firstScan } from './first-scan.ts'
import { fullScan } from './full-scan.ts'
import { handover } from './handover.ts'
import { indexBuild } from './index-build.ts'
import { lakeChange } from './lake-change.ts'
import { lakeDiff } from './lake-diff.ts'
import { lakeFind } from './lake-find.ts'
import { lakeProxy } from './lake-proxy.ts'
import { lakeRace } from './lake-race.ts'
import { lakeRegister } from './lake-register.ts'
import { lakeUpload } from './lake-upload.ts'
import { memory } from './memory.ts'
import { mountJobs } from './mount-jobs.ts'
import { mountList } from './mount-list.ts'
import { mountMillion } from './mount-million.ts'
import { mountOpen } from './mount-open.ts'
import { mountRandom } from './mount-random.ts'
import { mountSequential } from './mount-sequential.ts'
import { mountSmall } from './mount-small.ts'
import { mountWarm } from './mount-warm.ts'
import { oneSlice } from './one-slice.ts'
import { python } from './python.ts'
import { rangedGets } from './ranged-gets.ts'
import { start } from './start.ts'

export const MEASURES: readonly Measure[] = [
  indexBuild,
  fullScan,
  firstScan,
  bgzipScan,
  oneSlice,
  rangedGets,
  csvScan,
  handover,
  memory,
  start,
  lakeProxy,
  lakeRegister,
  lakeFind,
  lakeChange,
  lakeDiff,
  lakeRace,
  lakeUpload,
  mountSequential,
  mountJobs,
  mountRandom,
  mountOpen,
  mountSmall,
  mountList,
  mountMillion,
  mountWarm,
  fastaIndex,
  rasterWindows,
  variants,
  lazScan,
  copcBox,
  parquetColumns,
  imageRegion,
  alignments,
  extension,
  python,
]
