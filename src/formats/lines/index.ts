/** Any text, line by line. */

import { VarveError } from '../../errors.ts'
import { checkOptionNames } from '../text/options.ts'
import { looksLikeText } from '../text/sniff.ts'
import type { TextFormat } from '../text/types.ts'
import { LinesReader, syncLines } from './reader.ts'

export const lines: TextFormat = {
  name: 'lines',
  title: 'text by lines',
  extensions: ['txt', 'text', 'log'],
  optionNames: [],
  detect: (_path, head) => looksLikeText(head),

  layout(head, _whole, options) {
    checkOptionNames('lines', options, this.optionNames)
    if (head.includes(0)) {
      throw new VarveError('invalid-data', `lines: byte ${head.indexOf(0)} is NUL, expected text`, {
        byte: head.indexOf(0),
      })
    }
    return {
      columns: [
        { name: 'line', type: { kind: 'utf8' } },
        { name: 'record', type: { kind: 'int64' } },
      ],
      zones: [],
      dataStart: 0,
      ordinal: 1,
      dialect: {},
    }
  },

  reader: (_layout, projection, settings) => new LinesReader(projection, settings),
  sync: (_layout, bytes, from, end) => syncLines(bytes, from, end),
}
