/** Small images made here, in ways that pyimzML's writer does not know. */

import { deflateSync } from 'node:zlib'

export interface MadeSpectrum {
  readonly id: string
  readonly x: number
  readonly y: number
  readonly z?: number | undefined
  readonly mz: readonly number[]
  readonly intensity: readonly number[]
  readonly totalIonCurrent?: number | undefined
  readonly mzMin?: number | undefined
}

export interface Style {
  readonly continuous?: boolean
  readonly zlib?: boolean
  /** Of the intensities. */
  readonly type?: 'float32' | 'float64'
  /** How spectra are written: as everybody writes, or so that a library is needed for one, or from one on. */
  readonly odd?:
    | 'quotes'
    | 'entities'
    | 'comments'
    | 'between'
    | 'prefix'
    | 'cdata'
    | 'inline'
    | 'arrow'
    | 'arrows'
    | 'lines'
    | 'ends'
  /** Arrays stand in the .ibd in the opposite order. */
  readonly backwards?: boolean
}

export interface MadeImage {
  readonly xml: string
  readonly ibd: Uint8Array
}

export const UUID = '00112233445566778899aabbccddeeff'

const param = (accession: string, value: string | number = '', name = 'x'): string =>
  `<cvParam cvRef="${accession.split(':')[0]}" accession="${accession}" name="${name}" value="${value}"/>`

const typed = (type: 'float32' | 'float64'): string =>
  type === 'float32' ? param('MS:1000521', '', '32-bit float') : param('MS:1000523', '', '64-bit float')

/** XML around spectra that are written already. */
export function wrap(spectra: string, style: Style = {}, more = ''): string {
  const { type = 'float32', zlib = false, continuous = false } = style
  const packing = param(zlib ? 'MS:1000574' : 'MS:1000576')
  const xml = `<?xml version="1.0" encoding="UTF-8"?>
${more}<mzML xmlns="http://psi.hupo.org/ms/mzml" version="1.1">
  <cvList count="1"><cv id="IMS" fullName="Imaging"/></cvList>
  <fileDescription><fileContent>
    ${param(continuous ? 'IMS:1000030' : 'IMS:1000031')}
    ${param('IMS:1000080', `{${UUID.toUpperCase()}}`)}
  </fileContent></fileDescription>
  <referenceableParamGroupList count="2">
    <referenceableParamGroup id="mz">${param('MS:1000514')}${typed('float64')}${packing}</referenceableParamGroup>
    <referenceableParamGroup id="int">${param('MS:1000515')}${typed(type)}${packing}</referenceableParamGroup>
  </referenceableParamGroupList>
  <scanSettingsList count="1"><scanSettings id="s">${param('IMS:1000042', 3)}</scanSettings></scanSettingsList>
  <run id="r"><spectrumList count="1">${spectra}</spectrumList></run>
</mzML>`
  return style.odd === 'prefix'
    ? xml.replace(/<(\/?)([a-zA-Z])/g, '<$1ms:$2').replace('xmlns=', 'xmlns:ms=')
    : xml
}

function array(ref: string, [offset, length, bytes]: readonly number[], inline = ''): string {
  return `<binaryDataArray encodedLength="0">
      ${inline === '' ? `<referenceableParamGroupRef ref="${ref}"/>` : inline}
      ${param('IMS:1000103', length)}${param('IMS:1000104', bytes)}${param('IMS:1000102', offset)}<binary/>
    </binaryDataArray>`
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

export function makeImage(spectra: readonly MadeSpectrum[], style: Style = {}): MadeImage {
  const { type = 'float32', zlib = false, continuous = false, odd } = style
  const chunks: Uint8Array[] = [Buffer.from(UUID, 'hex')]
  let at = 16
  const put = (values: Float32Array | Float64Array): [number, number, number] => {
    const raw = new Uint8Array(values.buffer)
    const bytes = zlib ? deflateSync(raw) : raw
    chunks.push(bytes)
    at += bytes.length
    return [at - bytes.length, values.length, bytes.length]
  }
  const shared = continuous && spectra.length > 0 ? put(Float64Array.from(spectra[0]!.mz)) : undefined
  const order = spectra.map((_, i) => i)
  if (style.backwards) order.reverse()
  const places = new Map(
    order.map((i) => {
      const { mz, intensity } = spectra[i]!
      const first = shared ?? put(Float64Array.from(mz))
      return [
        i,
        [first, put(type === 'float32' ? Float32Array.from(intensity) : Float64Array.from(intensity))],
      ] as const
    }),
  )
  const elements = spectra.map((spectrum, i) => {
    const [mz, intensity] = places.get(i)!
    const inline =
      odd === 'inline' && i % 2 === 1
        ? `${param('MS:1000514')}${typed('float64')}${param(zlib ? 'MS:1000574' : 'MS:1000576')}`
        : ''
    const element = `
  <spectrum id="${escaped(spectrum.id)}" index="${i}" defaultArrayLength="0">
    ${spectrum.totalIonCurrent === undefined ? '' : param('MS:1000285', spectrum.totalIonCurrent)}
    ${spectrum.mzMin === undefined ? '' : param('MS:1000528', spectrum.mzMin)}
    <scanList count="1"><scan>
      ${param('IMS:1000050', spectrum.x)}${param('IMS:1000051', spectrum.y)}
      ${spectrum.z === undefined ? '' : param('IMS:1000052', spectrum.z)}
    </scan></scanList>
    <binaryDataArrayList count="2">${array('mz', mz!, inline)}${array('int', intensity!)}</binaryDataArrayList>
  </spectrum>`
    return i === 1 ? oddly(element, odd) : element
  })
  return { xml: wrap(elements.join(''), style), ibd: Buffer.concat(chunks) }
}

function oddly(element: string, odd: Style['odd']): string {
  switch (odd) {
    case 'quotes':
      return element.replace(/(accession|value|ref)="([^"']*)"/g, "$1 = '$2'")
    case 'entities':
      return element
        .replace('<scan>', '<scan><userParam name="a &lt; b" value="x>y"/>')
        .replace(/value="(\d)/g, 'value="&#x3$1;')
    case 'lines':
      return element.replace(/<(\w+) /g, '<$1\n\t').replaceAll(/<\/(\w*Array)>/g, '</$1 >')
    case 'ends':
      return element.replaceAll('</spectrum>', '</spectrum >')
    case 'arrow':
      return element.replace('1000050" name="x"', '1000050" name="a>b"')
    case 'arrows':
      return element.replace('1000051" name="x"', '1000051" name=">"')
    case 'comments':
      return element.replace('<scan>', '<scan><!-- </spectrum><spectrum id="none"> -->')
    case 'between':
      return `<!-- <spectrum id="none"></spectrum> --><?note x?>${element}`
    case 'cdata':
      return element.replace('<scan>', '<scan><![CDATA[</spectrum></spectrumList>]]>')
    default:
      return element
  }
}
