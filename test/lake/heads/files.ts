/** Small files of every format, real ones where there are any, and what to do to them. */

import {
  BufferTarget,
  EncodedPacket,
  EncodedVideoPacketSource,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  WebMOutputFormat,
} from 'mediabunny'
import { bytesOf, samples } from './provenance.ts'

/** One or more samples of each decoder, none longer than 70 KiB. */
export const GOOD_SAMPLES = [
  'image/exif-samples/Canon_40D.jpg',
  'image/exifr/png_with_exif_and_gps.png',
  'image/exifr/tif-with-iptc-icc-xmp.tif',
  'cog/blacha-cogeotiff/rgba8_cog.tiff',
  'cog/async-tiff/BigTIFFMotorola.tif',
  'dicom/pydicom/MR_small.dcm',
  'dicom/pydicom/image_dfl.dcm',
  'dicom/pydicom/rtplan.dcm',
  'dicom/pydicom/rtstruct.dcm',
  'nifti/nibabel/functional.nii',
  'nifti/nibabel/standard.nii.gz',
  'nifti/nibabel/row_major.dconn.nii',
  'video/bento4/video-h264-001.mp4',
  'fastq/biopython/example.fastq',
  'fastq/dnaio/simple.fastq.gz',
  'fasta/htslib/xx.fa',
  'vcf/bcftools/view.vcf',
  'vcf/cyvcf2/multi-contig.vcf.gz',
  'vcf/cyvcf2/multi-contig.bcf',
  'bam/htslib/range.bam',
  'las/laspy/simple.copc.laz',
  'las/laspy/1_4_w_evlr.las',
  'las/pdal/1.2_2.las',
] as const

/** The samples' bytes, none when the data is not here. */
export function goodFiles(): { path: string; bytes: Uint8Array }[] {
  return samples('las').length === 0 ? [] : GOOD_SAMPLES.map((path) => ({ path, bytes: bytesOf(path) }))
}

const CONTAINERS: Readonly<Record<string, () => OutputFormat>> = {
  mp4: () => new Mp4OutputFormat(),
  /** Its headers behind the film. */
  late: () => new Mp4OutputFormat({ fastStart: false }),
  fragmented: () => new Mp4OutputFormat({ fastStart: 'fragmented' }),
  mov: () => new MovOutputFormat(),
  webm: () => new WebMOutputFormat(),
  mkv: () => new MkvOutputFormat(),
}

/** A film of empty VP8 frames, 25 of them a second, 320 by 240. */
export async function film(container: string, frames: number, frameBytes = 50): Promise<Uint8Array> {
  const target = new BufferTarget()
  const output = new Output({ format: CONTAINERS[container]!(), target })
  const track = new EncodedVideoPacketSource('vp8')
  output.addVideoTrack(track, { frameRate: 25 })
  await output.start()
  const decoderConfig = { codec: 'vp8', codedWidth: 320, codedHeight: 240 }
  for (let i = 0; i < frames; i++) {
    const packet = new EncodedPacket(new Uint8Array(frameBytes), i % 25 ? 'delta' : 'key', i / 25, 1 / 25)
    await track.add(packet, { decoderConfig })
  }
  await output.finalize()
  return new Uint8Array(target.buffer!)
}
