import type { FileHandle } from 'node:fs/promises'
import { VarveError } from '../../errors.ts'
import type { PutResult, Upload } from '../types.ts'
import { fileError } from './errors.ts'
import { createBeside, place, removeIfThere } from './write.ts'

/** An upload into a temporary file beside the target, which gets its name when it is complete. */
export function fileUpload(
  target: string,
  uri: string,
  report: (bytes: number, result: PutResult | undefined, ms: number) => void,
): Upload {
  let temporary: Promise<{ path: string; file: FileHandle }> | undefined
  let over = false
  let written = 0
  const began = performance.now()

  async function opened(): Promise<{ path: string; file: FileHandle }> {
    if (over)
      throw new VarveError('internal', `the upload of ${uri} is already completed or aborted`, { uri })
    return (temporary ??= createBeside(target))
  }

  async function discard(): Promise<void> {
    over = true
    const started = await temporary?.catch(() => undefined)
    if (started === undefined) return
    await started.file.close().catch(() => {})
    await removeIfThere(started.path)
  }

  async function guarded<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step()
    } catch (error) {
      await discard()
      throw fileError(error, uri)
    }
  }

  return {
    write: (bytes) =>
      guarded(async () => {
        const { file } = await opened()
        await file.writeFile(bytes)
        written += bytes.length
      }),
    complete: (options = {}) =>
      guarded(async () => {
        const { path, file } = await opened()
        await file.sync()
        await file.close()
        const result = await place(path, target, options)
        await discard()
        report(written, result, performance.now() - began)
        return result
      }),
    abort: discard,
  }
}
