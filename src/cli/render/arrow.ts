import { AsyncByteQueue, RecordBatchStreamWriter, type Schema } from 'apache-arrow'
import type { ColumnBatch } from '../../formats/batch.ts'
import { arrowSchema, toRecordBatch } from '../../library/arrow-batch.ts'
import type { ResultWriter } from './writer.ts'

/** Hands every message over as it is made; apache-arrow's own queue would gather them all. */
class Pieces extends AsyncByteQueue {
  private pieces: Uint8Array[] = []

  override write(value: Uint8Array): void {
    if (value.byteLength > 0) this.pieces.push(value)
  }

  take(): Uint8Array[] {
    const taken = this.pieces
    this.pieces = []
    return taken
  }
}

/** Arrow's IPC stream: https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format */
export function arrowWriter(): ResultWriter {
  const pieces = new Pieces()
  const writer = new RecordBatchStreamWriter({ autoDestroy: false })
  let schema: Schema
  return {
    *begin(columns) {
      schema = arrowSchema(columns)
      writer.reset(pieces, schema)
      yield* pieces.take()
    },
    *batch(batch: ColumnBatch) {
      if (batch.rows === 0) return
      writer.write(toRecordBatch(schema, batch))
      yield* pieces.take()
    },
    *end() {
      writer.finish()
      yield* pieces.take()
    },
  }
}
