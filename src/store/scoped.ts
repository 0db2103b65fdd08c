import type { ObjectInfo, ObjectStore } from './types.ts'

/** The part of a store whose keys begin with `prefix` (which ends in `/`), as a store of its own. */
export function scopedStore(store: ObjectStore, prefix: string): ObjectStore {
  const strip = (info: ObjectInfo): ObjectInfo => ({ ...info, key: info.key.slice(prefix.length) })
  return {
    url: store.url + prefix,
    open: (key, options) => store.open(prefix + key, options),
    attach: (key, size, identity) => store.attach(prefix + key, size, identity),
    async info(key, options) {
      const info = await store.info(prefix + key, options)
      return info === undefined ? undefined : strip(info)
    },
    get: (key, options) => store.get(prefix + key, options),
    put: (key, body, options) => store.put(prefix + key, body, options),
    async *list(under, options = {}) {
      const after = options.after === undefined ? undefined : prefix + options.after
      for await (const entry of store.list(prefix + under, { ...options, after })) {
        yield 'prefix' in entry ? { prefix: entry.prefix.slice(prefix.length) } : strip(entry)
      }
    },
    delete: (key, options) => store.delete(prefix + key, options),
    copy: (from, to, options) => store.copy(prefix + from, prefix + to, options),
    presign: (key, seconds) => store.presign(prefix + key, seconds),
    upload: (key, options) => store.upload(prefix + key, options),
    // The connections belong to the store that this is a part of.
    close: async () => {},
  }
}
