/** Numbers of TIFF 6.0, its technical notes, GeoTIFF (OGC 19-008r4) and GDAL's private tags. */

export const TAG = {
  newSubfileType: 254,
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  predictor: 317,
  tileWidth: 322,
  tileLength: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  pixelScale: 33550,
  tiePoints: 33922,
  transformation: 34264,
  geoKeys: 34735,
  geoAscii: 34737,
  gdalNodata: 42113,
  lercParameters: 50674,
} as const

/** Bits of NewSubfileType (TIFF 6.0, page 36). */
export const REDUCED = 1
export const MASK = 4

export const COMPRESSIONS = {
  1: 'none',
  5: 'lzw',
  7: 'jpeg',
  8: 'deflate',
  32773: 'packbits',
  32946: 'deflate',
  34887: 'lerc',
  50000: 'zstd',
  50001: 'webp',
} as const

export type Compression = (typeof COMPRESSIONS)[keyof typeof COMPRESSIONS]

/** Those that exist and are not read, so that a refusal can say their names. */
export const OTHER_COMPRESSIONS: Readonly<Record<number, string>> = {
  2: 'CCITT RLE',
  3: 'CCITT Group 3 fax',
  4: 'CCITT Group 4 fax',
  6: 'old-style JPEG',
  32766: 'NeXT',
  32771: 'CCITT RLE, word aligned',
  32809: 'ThunderScan',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv 24',
  34712: 'JPEG 2000',
  34892: 'lossy JPEG of DNG',
  34925: 'LZMA',
  50002: 'JPEG XL',
  52546: 'JPEG XL of DNG',
}

export const PHOTOMETRIC_YCBCR = 6
