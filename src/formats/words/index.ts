/** Any text, word by word. */

import { lines } from '../lines/index.ts'
import type { TextFormat } from '../text/types.ts'
import { syncWords, WordsReader } from './reader.ts'

export const words: TextFormat = {
  ...lines,
  name: 'words',
  title: 'text by words',
  extensions: [],
  // Every text is lines first; words come only when asked for.
  detect: () => false,

  layout(head, whole, options) {
    const layout = lines.layout(head, whole, options)
    return { ...layout, columns: [{ name: 'word', type: { kind: 'utf8' } }, layout.columns[1]!] }
  },

  reader: (_layout, projection, settings) => new WordsReader(projection, settings),
  sync: (_layout, bytes, from, end) => syncWords(bytes, from, end),
}
