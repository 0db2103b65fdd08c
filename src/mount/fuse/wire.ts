/** Requests and replies as bytes: fuse.h of Linux 6, little endian as all machines that Node runs on. */

import type { Attributes } from '../types.ts'
import { IN_HEADER, OUT_HEADER, S_IF } from './constants.ts'

export interface Request {
  readonly opcode: number
  readonly unique: bigint
  readonly node: number
  /** What follows the header; valid until the next request is read into the same buffer. */
  readonly body: Buffer
}

export function decodeRequest(bytes: Buffer): Request {
  return {
    opcode: bytes.readUInt32LE(4),
    unique: bytes.readBigUInt64LE(8),
    node: u64(bytes, 16),
    body: bytes.subarray(IN_HEADER, bytes.readUInt32LE(0)),
  }
}

/** A reply's header: `error` is 0 or a negative errno, `length` what follows. */
export function outHeader(unique: bigint, error: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(OUT_HEADER)
  header.writeUInt32LE(OUT_HEADER + length, 0)
  header.writeInt32LE(error, 4)
  header.writeBigUInt64LE(unique, 8)
  return header
}

export function u64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32
}

export function putU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, at)
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4)
}

/** A name at the start of a body, which a NUL ends. */
export function nameIn(body: Buffer): string {
  const end = body.indexOf(0)
  return body.toString('utf8', 0, end < 0 ? body.length : end)
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

const ATTR = 88
export const ENTRY_OUT = 40 + ATTR
const BLOCK = 512

/** `struct fuse_attr` */
function putAttr(out: Buffer, at: number, attributes: Attributes, { uid, gid }: Owner): void {
  const { kind, size, mode, modified, ino } = attributes
  const seconds = Math.floor(modified / 1000)
  const nanos = Math.round((modified - seconds * 1000) * 1e6)
  putU64(out, ino, at)
  putU64(out, size, at + 8)
  putU64(out, Math.ceil(size / BLOCK), at + 16)
  for (let i = 0; i < 3; i++) {
    putU64(out, Math.max(0, seconds), at + 24 + 8 * i)
    out.writeUInt32LE(seconds < 0 ? 0 : nanos, at + 48 + 4 * i)
  }
  out.writeUInt32LE((S_IF[kind] | mode) >>> 0, at + 60)
  // A folder's 1 says that its links do not count its folders, which `find` would else rely on.
  out.writeUInt32LE(1, at + 64)
  out.writeUInt32LE(uid, at + 68)
  out.writeUInt32LE(gid, at + 72)
  out.writeUInt32LE(0, at + 76)
  // st_blksize: what tools read at a time.
  out.writeUInt32LE(128 * 1024, at + 80)
  out.writeUInt32LE(0, at + 84)
}

/** `struct fuse_attr_out`; valid for so many seconds. */
export function attrOut(attributes: Attributes, seconds: number, owner: Owner): Buffer {
  const out = Buffer.alloc(16 + ATTR)
  putU64(out, seconds, 0)
  putAttr(out, 16, attributes, owner)
  return out
}

/** `struct fuse_entry_out`, written at `at`. */
export function putEntry(
  out: Buffer,
  at: number,
  node: number,
  attributes: Attributes,
  seconds: number,
  owner: Owner,
): void {
  out.fill(0, at, at + 40)
  putU64(out, node, at)
  putU64(out, seconds, at + 16)
  putU64(out, seconds, at + 24)
  putAttr(out, at + 40, attributes, owner)
}

/** `struct fuse_open_out` */
export function openOut(handle: number, flags: number): Buffer {
  const out = Buffer.alloc(16)
  putU64(out, handle, 0)
  out.writeUInt32LE(flags, 8)
  return out
}

/** `struct fuse_statfs_out`: a full disk without a free byte. */
export function statfsOut({ files, bytes }: { readonly files: number; readonly bytes: number }): Buffer {
  const out = Buffer.alloc(80)
  const block = 4096
  putU64(out, Math.ceil(bytes / block), 0)
  putU64(out, files, 24)
  out.writeUInt32LE(block, 40)
  out.writeUInt32LE(255, 44)
  out.writeUInt32LE(block, 48)
  return out
}

const DIRENT = 24

/** Bytes of a directory entry, padded to eight. */
export function direntSize(nameBytes: number): number {
  return Math.ceil((DIRENT + nameBytes) / 8) * 8
}

/** `struct fuse_dirent`; `next` is where reading goes on after it. */
export function putDirent(
  out: Buffer,
  at: number,
  entry: { readonly ino: number; readonly next: number; readonly name: Buffer; readonly type: number },
): void {
  const { ino, next, name, type } = entry
  putU64(out, ino, at)
  putU64(out, next, at + 8)
  out.writeUInt32LE(name.length, at + 16)
  out.writeUInt32LE(type, at + 20)
  name.copy(out, at + DIRENT)
  out.fill(0, at + DIRENT + name.length, at + direntSize(name.length))
}

export interface InitOffer {
  readonly major: number
  readonly minor: number
  readonly maxReadahead: number
  readonly flags: number
}

export function initIn(body: Buffer): InitOffer {
  return {
    major: body.readUInt32LE(0),
    minor: body.readUInt32LE(4),
    maxReadahead: body.length >= 12 ? body.readUInt32LE(8) : 0,
    flags: body.length >= 16 ? body.readUInt32LE(12) : 0,
  }
}

export interface InitAnswer {
  readonly maxReadahead: number
  readonly flags: number
  readonly maxBackground: number
  readonly maxPages: number
}

/** `struct fuse_init_out` */
export function initOut({ maxReadahead, flags, maxBackground, maxPages }: InitAnswer): Buffer {
  const out = Buffer.alloc(64)
  out.writeUInt32LE(7, 0)
  out.writeUInt32LE(31, 4)
  out.writeUInt32LE(maxReadahead, 8)
  out.writeUInt32LE(flags, 12)
  out.writeUInt16LE(maxBackground, 16)
  out.writeUInt16LE(Math.floor((maxBackground * 3) / 4), 18)
  // The least that the kernel allows: nothing is ever written.
  out.writeUInt32LE(4096, 20)
  out.writeUInt32LE(1, 24)
  out.writeUInt16LE(maxPages, 28)
  return out
}
