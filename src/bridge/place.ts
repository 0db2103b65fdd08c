/** Where the engine's socket is: in a folder that this user alone can enter, which is what keeps others out. */

import { lstatSync, mkdirSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { VarveError } from '../errors.ts'

/** Longest path of a socket that every Unix takes, in bytes. */
const LONGEST = 100

/** `VARVE_ENGINE`, else `engine.sock` in `$XDG_RUNTIME_DIR/varve`, else in `varve-<uid>` of the temporary folder. */
export function socketPath(env: NodeJS.ProcessEnv = process.env): string {
  if (env.VARVE_ENGINE) return env.VARVE_ENGINE
  const folder = env.XDG_RUNTIME_DIR
    ? join(env.XDG_RUNTIME_DIR, 'varve')
    : join(tmpdir(), `varve-${userInfo().uid}`)
  return join(folder, 'engine.sock')
}

/** Makes the socket's folder, or finds that it is this user's own; `denied` where somebody else could reach in. */
export function checkPlace(socket: string): void {
  if (Buffer.byteLength(socket) > LONGEST) {
    const long = `the engine's socket is at ${socket}, a path of ${Buffer.byteLength(socket)} bytes`
    throw new VarveError('invalid-input', `${long}, expected at most ${LONGEST}`, { path: socket })
  }
  const folder = dirname(socket)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { uid } = userInfo()
  const found = lstatSync(folder)
  const refuse = (what: string): VarveError =>
    new VarveError('denied', `the engine's socket cannot be in ${folder}, ${what}`, { path: folder })
  if (!found.isDirectory()) throw refuse('which is no folder')
  if (found.uid !== uid) throw refuse(`which belongs to user ${found.uid}, expected ${uid}`)
  if ((found.mode & 0o077) !== 0) {
    const mode = (found.mode & 0o777).toString(8)
    throw refuse(`which others can enter (mode ${mode}), expected 700`)
  }
}

/** Whether an engine answers at the socket; one that died left a socket at which none does. */
export function isServed(socket: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = connect(socket)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(false)
      else
        reject(
          new VarveError(
            'denied',
            `the engine's socket ${socket} cannot be reached: ${error.message}`,
            { path: socket },
            error,
          ),
        )
    })
  })
}
