import { checkKey } from './keys.ts'
import type { ObjectInfo, ObjectStore } from './types.ts'

/** The part of a store whose keys begin with `prefix` (which ends in `/`), as a store of its own. */
export function scopedStore(store: ObjectStore, prefix: string): ObjectStore {
  const full = (key: string): string => {
    checkKey(store.url + prefix, key)
    return prefix + key
  }
  const strip = (info: ObjectInfo): ObjectInfo => ({ ...info, key: info.key.slice(prefix.length) })
  return {
    url: store.url + prefix,
    open: async (key, options) => store.open(full(key), options),
    attach: (key, size, identity) => store.attach(full(key), size, identity),
    info: async (key, options) => {
      const info = await store.info(full(key), options)
      return info === undefined ? undefined : strip(info)
    },
    get: async (key, options) => store.get(full(key), options),
    put: async (key, body, options) => store.put(full(key), body, options),
    async *list(under, options = {}) {
      const after = options.after === undefined ? undefined : prefix + options.after
      for await (const entry of store.list(prefix + under, { ...options, after })) {
        yield 'prefix' in entry ? { prefix: entry.prefix.slice(prefix.length) } : strip(entry)
      }
    },
    delete: async (key, options) => store.delete(full(key), options),
    copy: async (from, to, options) => store.copy(full(from), full(to), options),
    presign: async (key, seconds) => store.presign(full(key), seconds),
    upload: async (key, options) => store.upload(full(key), options),
    // The connections belong to the store that this is a part of.
    close: async () => {},
  }
}
