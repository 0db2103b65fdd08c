/** Bare parallel GETs of one object, once: `node bare-gets.js PRESIGNED SIZE` prints the seconds. */

import { Agent } from 'node:http'
import { httpReader, IN_FLIGHT, readAll } from '../gets.ts'

const [url = '', size = '0'] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
process.stdout.write(`${await readAll(httpReader(url, agent), Number(size))}\n`)
agent.destroy()
