/** How many terminal cells a text takes: 2 for East Asian wide characters and emoji, 0 for combining marks. */

const segmenter = new Intl.Segmenter()

/** Width in terminal cells of text without line breaks. */
export function displayWidth(text: string): number {
  if (isPlain(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += graphemeWidth(segment)
  return width
}

/** The text, or its start with `…` at the end when it is wider than `width` cells. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  if (isPlain(text)) return `${text.slice(0, width - 1)}…`
  let kept = ''
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    const cells = graphemeWidth(segment)
    if (used + cells > width - 1) break
    kept += segment
    used += cells
  }
  return `${kept}…`
}

const isPlain = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** A grapheme is as wide as its first character: what follows it combines with it. */
function graphemeWidth(grapheme: string): number {
  const first = grapheme.codePointAt(0) ?? 0
  if (first < 0x20 || (first >= 0x7f && first < 0xa0)) return 0
  if (/^[\p{Mark}\p{Default_Ignorable_Code_Point}]/u.test(grapheme)) return 0
  if (
    /^\p{Emoji_Presentation}/u.test(grapheme) ||
    (grapheme.includes('\u{fe0f}') && /^\p{Emoji}/u.test(grapheme))
  )
    return 2
  return isWide(first) ? 2 : 1
}

/** Wide and fullwidth blocks: https://www.unicode.org/reports/tr11/ (EastAsianWidth.txt, W and F). */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
]

function isWide(code: number): boolean {
  return code >= 0x1100 && WIDE.some(([first, last]) => code >= first && code <= last)
}
