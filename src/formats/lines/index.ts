/** Any text, line by line. */

import { oneColumnLayout } from '../text/one-column.ts'
import { looksLikeText } from '../text/sniff.ts'
import type { TextFormat } from '../text/types.ts'
import { LinesReader, syncLines } from './reader.ts'

export const lines: TextFormat = {
  name: 'lines',
  title: 'text by lines',
  extensions: ['txt', 'text', 'log'],
  optionNames: [],
  detect: (_path, head) => looksLikeText(head),
  layout: (head, _whole, options) => oneColumnLayout('lines', 'line', head, options),
  reader: (_layout, projection, settings) => new LinesReader(projection, settings),
  sync: (_layout, bytes, from, end) => syncLines(bytes, from, end),
}
