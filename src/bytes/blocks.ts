import { createHash, randomBytes } from 'node:crypto'
import { fstatSync } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { VarveError } from '../errors.ts'

export interface BlockCacheOptions {
  /** Made with mode 0700 when it is missing, and set to that when it is the user's own. */
  readonly folder: string
  /** Bytes on the disk; the least recently used blocks go first. */
  readonly maxBytes: number
  /** Default 1 MiB; blocks of another size are other blocks. */
  readonly blockBytes?: number | undefined
  /** Told once when the folder cannot be written any more; reading goes on without it. Default: a process warning. */
  readonly onProblem?: ((error: VarveError) => void) | undefined
}

const MAGIC = Buffer.from('VBC1')
const KEY_BYTES = 32
const HEADER = MAGIC.length + 4 + KEY_BYTES
/** A hit is noted at most this often, since noting costs a write. */
const TOUCH_MS = 60_000
const FORGOTTEN_MS = 3_600_000

/**
 * Blocks as files in one folder, shared by any number of processes: each is written aside and renamed, holds its
 * own key and checksum, and may be deleted by anyone at any time.
 *
 * The order of use is the files' modification time. Rejected: an index file, which several processes would have to
 * lock and which a crash could leave wrong.
 */
export class BlockStore {
  readonly blockBytes: number
  #ready: Promise<boolean> | undefined
  #total = 0
  #sinceScan = 0
  #writing: Promise<void> = Promise.resolve()
  #broken = false

  constructor(private readonly options: BlockCacheOptions) {
    this.blockBytes = options.blockBytes ?? 1024 * 1024
  }

  /**
   * Fills `target` with the block, and says whether it could: a block that is missing leaves it as it was, one that is
   * not what it was written as leaves anything in it, and is deleted.
   */
  async get(key: Buffer, target: Uint8Array): Promise<boolean> {
    if (!(await this.#open())) return false
    const path = this.#path(key)
    const header = Buffer.allocUnsafe(HEADER)
    let isWhole: boolean
    try {
      isWhole = await readWhole(path, header, target)
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) this.#giveUp(error)
      return false
    }
    if (isWhole && header.equals(headerOf(key, target))) return true
    await unlink(path).catch(() => {})
    return false
  }

  /** Keeps a block; what hinders it is told to `onProblem`, and never fails the read that brought the bytes. */
  put(key: Buffer, bytes: Uint8Array): Promise<void> {
    // One after the other: writes side by side would each find room for one block, and together pass the cap.
    return (this.#writing = this.#writing.then(() => this.#write(key, bytes)))
  }

  async remove(key: Buffer): Promise<void> {
    await unlink(this.#path(key)).catch(ignoreMissing)
  }

  async #write(key: Buffer, bytes: Uint8Array): Promise<void> {
    const size = HEADER + bytes.length
    const { folder, maxBytes } = this.options
    if (!(await this.#open()) || size > maxBytes) return
    const path = this.#path(key)
    const aside = join(folder, `${randomBytes(8).toString('hex')}.tmp`)
    try {
      // Other processes fill the same folder: what they added shows only in a scan.
      if (this.#total + size > maxBytes || this.#sinceScan > maxBytes / 16) await this.#makeRoom(size)
      await writeFile(aside, Buffer.concat([headerOf(key, bytes), bytes]), { mode: 0o600, flag: 'wx' })
      await mkdir(dirname(path), { mode: 0o700, recursive: true })
      await rename(aside, path)
      this.#total += size
      this.#sinceScan += size
    } catch (error) {
      await unlink(aside).catch(() => {})
      // Somebody deleted the whole folder, as one may with a cache: it is made again for the next block.
      if (isErrno(error, 'ENOENT')) this.#ready = undefined
      else this.#giveUp(error)
    }
  }

  #path(key: Buffer): string {
    const name = key.toString('hex')
    return join(this.options.folder, name.slice(0, 2), name.slice(2))
  }

  async #open(): Promise<boolean> {
    this.#ready ??= this.#prepare().then(
      () => true,
      (error: unknown) => {
        this.#giveUp(error)
        return false
      },
    )
    return !this.#broken && (await this.#ready)
  }

  async #prepare(): Promise<void> {
    const { folder } = this.options
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const facts = await stat(folder)
    if (process.getuid !== undefined && facts.uid !== process.getuid())
      throw new VarveError('denied', `the cache folder ${folder} belongs to another user`, { folder })
    if ((facts.mode & 0o077) !== 0) await chmod(folder, 0o700)
    await this.#makeRoom(0)
  }

  /** Deletes the least recently used blocks until `coming` more bytes fit, with some room for the next ones. */
  async #makeRoom(coming: number): Promise<void> {
    const { folder, maxBytes } = this.options
    const blocks = await blocksIn(folder)
    let total = blocks.reduce((sum, block) => sum + block.size, 0)
    if (total + coming > maxBytes) {
      blocks.sort((a, b) => a.used - b.used)
      for (const { path, size } of blocks) {
        if (total + coming <= maxBytes - maxBytes / 16) break
        await unlink(path).catch(ignoreMissing)
        total -= size
      }
    }
    this.#total = total
    this.#sinceScan = 0
  }

  #giveUp(error: unknown): void {
    if (this.#broken) return
    this.#broken = true
    const reason = error instanceof Error ? error.message : String(error)
    const { folder, onProblem = (problem) => process.emitWarning(problem.message, 'VarveWarning') } =
      this.options
    onProblem(
      new VarveError('unavailable', `the block cache in ${folder} is not used: ${reason}`, { folder }, error),
    )
  }
}

/** What a block is known by: its object as it was, its place, and the size of blocks. */
export function blockKey(
  source: { uri: string; identity: string; size: number },
  blockBytes: number,
  index: number,
): Buffer {
  const parts = [source.uri, source.identity, source.size, blockBytes, index]
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}

function headerOf(key: Buffer, bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER)
  MAGIC.copy(header)
  header.writeUInt32LE(crc32(bytes, crc32(key)), MAGIC.length)
  key.copy(header, MAGIC.length + 4)
  return header
}

/** Whether the file is a header and a body of exactly these lengths; it is noted as used. */
async function readWhole(path: string, header: Buffer, body: Uint8Array): Promise<boolean> {
  const file = await open(path)
  try {
    // At once: what an open file is, is in memory, and a hop to a thread costs more than asking.
    const { size, mtimeMs } = fstatSync(file.fd)
    if (size !== header.length + body.length) return false
    const { bytesRead } = await file.readv([header, body], 0)
    const now = Date.now()
    if (now - mtimeMs > TOUCH_MS) await utimes(path, now / 1000, now / 1000).catch(ignoreMissing)
    return bytesRead === size
  } finally {
    await file.close()
  }
}

async function blocksIn(folder: string): Promise<{ path: string; size: number; used: number }[]> {
  const found: { path: string; size: number; used: number }[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (/^[0-9a-f]{2}$/.test(entry.name)) {
      for (const name of (await readdir(path).catch(ignoreMissing)) ?? []) {
        const facts = await stat(join(path, name)).catch(ignoreMissing)
        if (facts !== undefined) found.push({ path: join(path, name), size: facts.size, used: facts.mtimeMs })
      }
    } else if (entry.name.endsWith('.tmp')) {
      // Half-written by a process that is gone.
      const facts = await stat(path).catch(ignoreMissing)
      if (facts !== undefined && Date.now() - facts.mtimeMs > FORGOTTEN_MS)
        await unlink(path).catch(ignoreMissing)
    }
  }
  return found
}

function ignoreMissing(error: unknown): undefined {
  if (!isErrno(error, 'ENOENT')) throw error
}

function isErrno(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code
}
