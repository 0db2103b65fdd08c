/** Numbers of the kernel's FUSE protocol, version 7 (include/uapi/linux/fuse.h). */

export const OP = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  setattr: 4,
  readlink: 5,
  symlink: 6,
  mknod: 8,
  mkdir: 9,
  unlink: 10,
  rmdir: 11,
  rename: 12,
  link: 13,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  setxattr: 21,
  getxattr: 22,
  listxattr: 23,
  removexattr: 24,
  flush: 25,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  fsyncdir: 30,
  access: 34,
  create: 35,
  interrupt: 36,
  destroy: 38,
  ioctl: 39,
  batchForget: 42,
  fallocate: 43,
  readdirplus: 44,
  rename2: 45,
  copyFileRange: 47,
  tmpfile: 51,
} as const

/** Every request that would change something; the mount is `ro`, so the kernel itself refuses nearly all of them. */
export const MUTATING: ReadonlySet<number> = new Set([
  OP.setattr,
  OP.symlink,
  OP.mknod,
  OP.mkdir,
  OP.unlink,
  OP.rmdir,
  OP.rename,
  OP.link,
  OP.write,
  OP.setxattr,
  OP.removexattr,
  OP.create,
  OP.fallocate,
  OP.rename2,
  OP.copyFileRange,
  OP.tmpfile,
])

export const INIT = {
  asyncRead: 1 << 0,
  doReaddirplus: 1 << 13,
  parallelDirops: 1 << 18,
  maxPages: 1 << 22,
} as const

/** The pages of a file stay valid from one open to the next: what a path names never changes. */
export const FOPEN_KEEP_CACHE = 1 << 1

/** File types in `st_mode`; shifted by 12 they are the types of directory entries. */
export const S_IF = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const

export const ROOT = 1
/** Bytes before what is particular to a request, and to a reply. */
export const IN_HEADER = 40
export const OUT_HEADER = 16
