/** Any text, word by word. */

import { oneColumnLayout } from '../text/one-column.ts'
import type { TextFormat } from '../text/types.ts'
import { syncWords, WordsReader } from './reader.ts'

export const words: TextFormat = {
  name: 'words',
  title: 'text by words',
  extensions: [],
  optionNames: [],
  // Every text is lines first; words come only when asked for.
  detect: () => false,
  layout: (head, _whole, options) => oneColumnLayout('words', 'word', head, options),
  reader: (_layout, projection, settings) => new WordsReader(projection, settings),
  sync: (_layout, bytes, from, end) => syncWords(bytes, from, end),
}
