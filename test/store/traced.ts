/** Makes one request of each kind, the last one from another thread; prints what the meter counted. */
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { adoptMeter, threadMeter } from '../../src/bytes/index.ts'
import { closeStores, openStore } from '../../src/store/index.ts'

const url = isMainThread ? (process.argv[2] ?? '') : (workerData as { url: string }).url
const store = openStore(url)

if (isMainThread) {
  const key = 'a key%.txt'
  await store.put(key, new Uint8Array(1000))
  await store.put(key, new Uint8Array(5), { ifNoneMatch: '*' })
  const source = await store.open(key, { head: 100 })
  await source?.read(50, 200)
  await store.info(key)
  await store.copy(key, 'copy')
  for await (const _ of store.list('a')) break
  await store.get('none')
  await store.delete(key)
  await source?.close?.()
  const worker = new Worker(new URL(import.meta.url), { workerData: { url, meter: threadMeter().shared } })
  await new Promise((resolve) => worker.once('exit', resolve))
  process.stdout.write(JSON.stringify(threadMeter().read()))
} else {
  adoptMeter((workerData as { meter: SharedArrayBuffer }).meter)
  await store.get('copy')
}
await closeStores()
