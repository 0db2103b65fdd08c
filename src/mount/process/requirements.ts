/** What mounting needs of the machine. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { VarveError } from '../../errors.ts'

const INSTALL = 'on Debian and Ubuntu: apt-get install fuse libfuse2'

/** Throws `unsupported`, with what to install, where FUSE is missing. */
export function requireFuse(
  env: NodeJS.ProcessEnv = process.env,
  platform: string = process.platform,
  device = '/dev/fuse',
): void {
  const missing = whatIsMissing(env, platform, device)
  if (missing !== undefined) throw new VarveError('unsupported', `mounting needs FUSE: ${missing}`, {})
}

function whatIsMissing(env: NodeJS.ProcessEnv, platform: string, device: string): string | undefined {
  if (platform !== 'linux') return `varve mounts on Linux only, this is ${platform}`
  if (!can(device, constants.F_OK))
    return `there is no ${device} (load the module with "modprobe fuse"; a container needs --device ${device} --cap-add SYS_ADMIN)`
  if (!can(device, constants.R_OK | constants.W_OK))
    return `${device} may not be opened by this user: its mode should be 0666`
  const programs = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'fusermount'))
  if (!programs.some((program) => can(program, constants.X_OK)))
    return `there is no fusermount in PATH (${INSTALL})`
  return undefined
}

function can(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    // Why not is told by who asked.
    return false
  }
}
