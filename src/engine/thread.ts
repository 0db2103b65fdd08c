/**
 * The engine thread: DuckDB lives here, so that its synchronous callbacks never block the main thread.
 *
 * It imports the bare bindings: the classes of `@duckdb/node-api` take 0.1 s to load.
 */

import { parentPort } from 'node:worker_threads'
import duckdb, { type Connection } from '@duckdb/node-bindings'
import { errorToJson, VarveError } from '../errors.ts'
import { batchBuffers } from '../formats/batch.ts'
import { ABORT, AHEAD, type FromEngine, RUNNING, STOP, type Suggestion, type ToEngine } from './protocol.ts'
import { quoteText } from './quote.ts'
import { type OpenDatabase, openDatabase } from './thread/database.ts'
import { type Aside, threadLimit } from './thread/one-thread.ts'
import { openScanClient } from './thread/scan-client.ts'
import { serializer } from './thread/serialize.ts'
import { startStatement } from './thread/statement.ts'
import { textsOf } from './thread/texts.ts'

/** How long a statement that nobody reads any more may take to notice, in milliseconds. */
const GRACE = 200

const port = parentPort!
/** The first message; the thread may have been started before anyone could say it. */
const { data } = await new Promise<Extract<ToEngine, { type: 'open' }>>((resolve) =>
  port.once('message', resolve),
)
const shared = new Int32Array(data.shared)
const scans = openScanClient(data.scans, shared)

let credits = 0
let wake: () => void = () => undefined

const post = (message: FromEngine, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer)

const opening = openDatabase(data, scans)
opening.then(
  () => post({ type: 'ready' }),
  (error: unknown) => {
    post({ type: 'broken', message: messageOf(error) })
    port.close()
  },
)

port.on('message', (message: ToEngine) => {
  opening.then((database) => handle(database, message)).catch(() => undefined)
})

async function handle(database: OpenDatabase, message: ToEngine): Promise<void> {
  switch (message.type) {
    case 'run':
      return run(database, message.sql, message.params)
    case 'more':
      credits++
      return wake()
    case 'abort':
      duckdb.interrupt(database.main)
      return wake()
    case 'enough':
      setTimeout(() => {
        if (Atomics.load(shared, STOP) !== RUNNING) duckdb.interrupt(database.main)
      }, GRACE).unref()
      return wake()
    case 'serialize':
      return post({ type: 'serialized', call: message.call, json: await serialize(message.sql) })
    case 'complete':
      return post({
        type: 'completed',
        call: message.call,
        suggestions: await complete(message.text),
      })
    case 'close':
      database.close()
      port.close()
  }
}

async function run(
  database: OpenDatabase,
  sql: string,
  params: Parameters<typeof startStatement>[2],
): Promise<void> {
  scans.begin()
  credits = AHEAD
  try {
    await limitThreads(sql)
    const statement = await startStatement(database.main, sql, params)
    post({ type: 'result', head: statement.head })
    let whole = true
    for (;;) {
      const batch = await statement.fetch()
      if (batch === undefined) {
        if (!statement.failed) break
        // An interrupted result has failed, too; to find out why would run the query once more, to its end.
        whole = Atomics.load(shared, STOP) === RUNNING
        if (whole) throw scans.failure ?? (await statement.reason())
        break
      }
      while (credits === 0 && Atomics.load(shared, STOP) === RUNNING) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      if (Atomics.load(shared, STOP) !== RUNNING) {
        whole = false
        break
      }
      credits--
      post({ type: 'batch', batch }, batchBuffers(batch))
    }
    // There is no way to close a result that is still open but the next statement on its connection.
    if (!whole) await duckdb.query(database.main, 'select 1')
    if (Atomics.load(shared, STOP) === ABORT) throw new VarveError('aborted', 'the statement was cancelled')
    post({ type: 'end' })
  } catch (error) {
    const own = error instanceof VarveError ? error : scans.failure
    post({ type: 'failed', message: messageOf(error), error: own && errorToJson(own) })
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** No suggestion is no error: a view that cannot be read now may be in the way. */
async function complete(text: string): Promise<Suggestion[]> {
  const sql = `select suggestion_start || ' ' || suggestion from sql_auto_complete(${quoteText(text)})`
  const rows = await texts(sql).catch(() => [])
  return rows.map((row) => {
    const space = row.indexOf(' ')
    return { start: Number(row.slice(0, space)), text: row.slice(space + 1) }
  })
}

let asking: Promise<unknown> = Promise.resolve()

/**
 * Uses the side connection; one question at a time, because a query ends the result that is still open on its
 * connection, without an error.
 */
const aside: Aside = (work) => {
  const answer = asking.then(async () => work(await (await opening).side()))
  asking = answer.catch(() => undefined)
  return answer
}

const serialize = serializer(aside)

const limitThreads = threadLimit(
  data.functions.map(({ name }) => name),
  aside,
)

/** The first column of a query, on the side connection. */
function texts(sql: string): Promise<string[]> {
  return aside((connection) => readTexts(connection, sql))
}

async function readTexts(connection: Connection, sql: string): Promise<string[]> {
  const statement = await startStatement(connection, sql, undefined)
  const out: string[] = []
  for (;;) {
    const batch = await statement.fetch()
    if (batch === undefined) {
      if (statement.failed) throw await statement.reason()
      return out
    }
    out.push(...textsOf(batch))
  }
}
