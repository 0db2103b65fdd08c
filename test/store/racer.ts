/** One of several processes that race for the same names of a folder; sends its parent what it won. */
import { openStore } from '../../src/store/index.ts'

const [folder = '', name = ''] = process.argv.slice(2)
const store = openStore(folder)
const created: number[] = []
for (let round = 0; round < 20; round++) {
  const body = Buffer.from(`${name} ${round}`)
  if ((await store.put(`round-${round}`, body, { ifNoneMatch: '*' })) === 'written') created.push(round)
}

await store.put('counter', Buffer.from('0'), { ifNoneMatch: '*' })
let increments = 0
while (increments < 20) {
  const now = await store.get('counter')
  if (now === undefined) throw new Error('the counter is gone')
  const next = Buffer.from(String(Number(Buffer.from(now.bytes).toString()) + 1))
  if ((await store.put('counter', next, { ifMatch: now.identity })) === 'written') increments++
}
process.send?.({ created, increments })
