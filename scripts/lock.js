/**
 * Completes package-lock.json: `npm install` leaves out the optional packages of other platforms when a registry
 * does not have them, and then `npm ci` refuses the file. Run after every change of a dependency:
 *
 *   npm install && node scripts/lock.js
 */
import { readFileSync, writeFileSync } from 'node:fs'

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const { packages } = lock
for (const parent of Object.values(packages)) {
  for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    const platform = /(android|darwin|linux|win32|freebsd|openbsd|netbsd)-([a-z0-9]+)(-musl)?/.exec(name)
    if (packages[key] !== undefined || platform === null) continue
    const [, os, cpu, musl] = platform
    packages[key] = {
      version: range.replace(/^[\^~]/, ''),
      cpu: [cpu],
      ...(parent.dev && { dev: true }),
      ...(musl && { libc: ['musl'] }),
      optional: true,
      os: [os],
    }
    console.log(`added ${name} ${range}`)
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
