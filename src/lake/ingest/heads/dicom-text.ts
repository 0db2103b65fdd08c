/** DICOM's character sets (PS3.3 C.12.1.1.2) as the decoders of the platform know them. */

const LABELS: Readonly<Record<string, string>> = {
  'ISO_IR 100': 'windows-1252',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 13': 'shift_jis',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 192': 'utf-8',
  'ISO_IR 87': 'iso-2022-jp',
  'ISO_IR 159': 'iso-2022-jp',
  'ISO_IR 149': 'euc-kr',
  'ISO_IR 58': 'gb18030',
  GB18030: 'gb18030',
  GBK: 'gbk',
}

/** Sets that hold whole scripts beside ASCII: with several sets, theirs is the decoder that reads the rest, too. */
const WIDE = ['iso-2022-jp', 'euc-kr', 'gb18030']

/** Korean and Chinese sets are announced by an escape (ESC $ ) C, ESC $ ) A) that their decoders do not know. */
const ANNOUNCEMENT = new RegExp(`${String.fromCharCode(0x1b)}\\$\\)[AC]`, 'g')

/** The decoder for Specific Character Set (0008,0005); ASCII's supersets where it is absent or unknown. */
export function dicomDecoder(characterSet: string | undefined): (bytes: Uint8Array) => string {
  const labels = (characterSet ?? '')
    .split('\\')
    .map((name) => LABELS[name.trim().replace('ISO 2022 IR', 'ISO_IR')])
    .filter((label) => label !== undefined)
  const label = labels.find((known) => WIDE.includes(known)) ?? labels[0] ?? 'windows-1252'
  const decoder = new TextDecoder(label)
  if (label !== 'euc-kr' && label !== 'gb18030') return (bytes) => decoder.decode(bytes)
  return (bytes) => {
    const text = Buffer.from(bytes).toString('latin1')
    return decoder.decode(Buffer.from(text.replace(ANNOUNCEMENT, ''), 'latin1'))
  }
}
