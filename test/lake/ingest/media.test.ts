import { expect, test } from 'vitest'
import { mediaType } from '../../../src/lake/ingest/media.ts'

test.each([
  ['reads/S1_R1.fastq', 'text/x-fastq'],
  ['S1_R1.fastq.gz', 'application/gzip'],
  ['chr20.VCF', 'text/x-vcf'],
  ['a.b/c.laz', 'application/vnd.laszip'],
  ['brain.nii.gz', 'application/gzip'],
  ['scan.DCM', 'application/dicom'],
  ['x.copc.laz', 'application/vnd.laszip'],
  ['camera01_colorimage-000031.jpg', 'image/jpeg'],
  ['.json', 'application/json'],
  ['a.fastq/b', 'application/octet-stream'],
  ['DICOMDIR', 'application/octet-stream'],
  ['x.constructor', 'application/octet-stream'],
  ['x.', 'application/octet-stream'],
  ['', 'application/octet-stream'],
])('%s is %s', (path, type) => {
  expect(mediaType(path)).toBe(type)
})
