"""Tries every system call that would change something below a mount; prints [name, errno or "done"] as JSON.

Usage: mount-mutations.py <version folder> <link> <folder outside>
"""

import ctypes
import errno
import fcntl
import json
import mmap
import os
import socket
import stat
import struct
import sys

version, link, outside = sys.argv[1:4]
folder = os.path.join(version, "files")
file = os.path.join(folder, "big.bin")
new = os.path.join(folder, "new")
other = os.path.join(outside, "file")
with open(other, "wb") as made:
    made.write(b"x" * 5000)

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, AT_REMOVEDIR = -100, 0x200
RENAMEAT2 = {"x86_64": 316, "aarch64": 276}[os.uname().machine]
FS_IOC_SETFLAGS = 0x40086602


def call(name, *words):
    """A function of libc; raises as os does."""
    words = [w.encode() if isinstance(w, str) else w for w in words]
    if getattr(libc, name)(*words) == -1:
        raise OSError(ctypes.get_errno(), name)


def renameat2(source, target, flags):
    call("syscall", RENAMEAT2, AT_FDCWD, source, AT_FDCWD, target, flags)


def opened(flags, path=file, mode=0o644):
    os.close(os.open(path, flags, mode))


def descriptor(use, path=file, flags=os.O_RDONLY):
    handle = os.open(path, flags)
    try:
        return use(handle)
    finally:
        os.close(handle)


def bind():
    with socket.socket(socket.AF_UNIX) as one:
        # Its path may have 108 bytes: by way of the working directory.
        back = os.getcwd()
        os.chdir(folder)
        try:
            one.bind("new")
        finally:
            os.chdir(back)


def from_outside(use):
    with open(other, "rb") as source:
        return descriptor(lambda handle: use(source.fileno(), handle))


def write_at_once():
    handle = os.open(file, os.O_WRONLY)
    try:
        os.write(handle, b"x")
    finally:
        os.close(handle)


CALLS = [
    # Opening.
    ("open O_WRONLY", lambda: opened(os.O_WRONLY)),
    ("open O_RDWR", lambda: opened(os.O_RDWR)),
    ("open O_APPEND", lambda: opened(os.O_WRONLY | os.O_APPEND)),
    ("open O_TRUNC", lambda: opened(os.O_WRONLY | os.O_TRUNC)),
    ("open O_RDONLY|O_TRUNC", lambda: opened(os.O_RDONLY | os.O_TRUNC)),
    ("open O_CREAT", lambda: opened(os.O_RDWR | os.O_CREAT, new)),
    ("open O_RDONLY|O_CREAT", lambda: opened(os.O_RDONLY | os.O_CREAT, new)),
    ("open O_CREAT|O_EXCL", lambda: opened(os.O_RDWR | os.O_CREAT | os.O_EXCL, new)),
    ("open O_TMPFILE", lambda: opened(os.O_RDWR | os.O_TMPFILE, folder)),
    ("open O_DIRECT|O_WRONLY", lambda: opened(os.O_WRONLY | os.O_DIRECT)),
    ("open /proc/self/fd", lambda: descriptor(lambda h: opened(os.O_WRONLY, f"/proc/self/fd/{h}"))),
    ("creat", lambda: call("creat", new, 0o644)),
    ("creat of what is there", lambda: call("creat", file, 0o644)),
    ("create in the version", lambda: opened(os.O_RDWR | os.O_CREAT, os.path.join(version, "new"))),
    ("create beside the versions", lambda: opened(os.O_RDWR | os.O_CREAT, os.path.join(version, "../new"))),
    ("create at the root", lambda: opened(os.O_RDWR | os.O_CREAT, os.path.join(version, "../../new"))),
    ("open and write", write_at_once),
    # Content.
    ("truncate", lambda: os.truncate(file, 1)),
    ("truncate to more", lambda: os.truncate(file, 2**40)),
    # Names.
    ("unlink", lambda: os.unlink(file)),
    ("unlink of a link", lambda: os.unlink(link)),
    ("unlinkat", lambda: call("unlinkat", AT_FDCWD, file, 0)),
    ("unlinkat AT_REMOVEDIR", lambda: call("unlinkat", AT_FDCWD, folder, AT_REMOVEDIR)),
    ("rmdir", lambda: os.rmdir(os.path.join(version, "slices"))),
    ("rename", lambda: os.rename(file, new)),
    ("rename over another", lambda: os.rename(file, os.path.join(folder, "sub/empty"))),
    ("rename of a folder", lambda: os.rename(version, version + "0")),
    ("rename of a link", lambda: os.rename(link, link + "0")),
    ("renameat2", lambda: renameat2(file, new, 0)),
    ("renameat2 RENAME_NOREPLACE", lambda: renameat2(file, new, 1)),
    ("renameat2 RENAME_EXCHANGE", lambda: renameat2(file, os.path.join(folder, "sub/empty"), 2)),
    ("renameat2 RENAME_WHITEOUT", lambda: renameat2(file, new, 4)),
    ("link", lambda: os.link(file, new)),
    ("symlink", lambda: os.symlink("x", new)),
    ("mkdir", lambda: os.mkdir(new)),
    ("mkdir at the root", lambda: os.mkdir(os.path.join(version, "../../new"))),
    ("mknod of a file", lambda: os.mknod(new, stat.S_IFREG | 0o644)),
    ("mknod of a pipe", lambda: os.mkfifo(new)),
    ("mknod of a socket", lambda: os.mknod(new, stat.S_IFSOCK | 0o644)),
    ("bind of a socket", bind),
    # Attributes.
    ("chmod", lambda: os.chmod(file, 0o777)),
    ("chmod of a folder", lambda: os.chmod(version, 0o777)),
    ("fchmod", lambda: descriptor(lambda h: os.fchmod(h, 0o777))),
    ("fchmodat", lambda: call("fchmodat", AT_FDCWD, file, 0o777, 0)),
    ("chown", lambda: os.chown(file, 1, 1)),
    ("lchown", lambda: os.lchown(link, 1, 1)),
    ("fchown", lambda: descriptor(lambda h: os.fchown(h, 1, 1))),
    ("fchownat", lambda: call("fchownat", AT_FDCWD, file, 1, 1, 0)),
    ("utime", lambda: os.utime(file)),
    ("utimensat", lambda: os.utime(file, (1, 1))),
    ("utimensat of a link", lambda: os.utime(link, (1, 1), follow_symlinks=False)),
    ("futimens", lambda: descriptor(lambda h: os.utime(h, (1, 1)))),
    ("setxattr", lambda: os.setxattr(file, "user.x", b"y")),
    ("setxattr of 64 KiB", lambda: os.setxattr(file, "user.x", b"y" * 65536)),
    ("lsetxattr", lambda: os.setxattr(file, "user.x", b"y", follow_symlinks=False)),
    ("fsetxattr", lambda: descriptor(lambda h: os.setxattr(h, "user.x", b"y"))),
    ("removexattr", lambda: os.removexattr(file, "user.x")),
    ("lremovexattr", lambda: os.removexattr(file, "user.x", follow_symlinks=False)),
    ("fremovexattr", lambda: descriptor(lambda h: os.removexattr(h, "user.x"))),
    # Descriptors that are open for reading, on any disk: EBADF, ftruncate EINVAL, mapping EACCES.
    ("write", lambda: descriptor(lambda h: os.write(h, b"x"))),
    ("pwrite", lambda: descriptor(lambda h: os.pwrite(h, b"x", 0))),
    ("ftruncate", lambda: descriptor(lambda h: os.ftruncate(h, 1))),
    ("fallocate", lambda: descriptor(lambda h: os.posix_fallocate(h, 0, 10))),
    ("fallocate PUNCH_HOLE", lambda: descriptor(lambda h: call("fallocate", h, 3, ctypes.c_long(0), ctypes.c_long(10)))),
    ("copy_file_range into it", lambda: from_outside(lambda s, h: os.copy_file_range(s, h, 10))),
    ("sendfile into it", lambda: from_outside(lambda s, h: os.sendfile(h, s, 0, 10))),
    ("mmap shared and writable", lambda: descriptor(lambda h: mmap.mmap(h, 4096, mmap.MAP_SHARED))),
    # Across file systems, on any disk: EXDEV.
    ("rename into it", lambda: os.rename(other, new)),
    ("rename out of it", lambda: os.rename(file, os.path.join(outside, "new"))),
    ("link into it", lambda: os.link(other, new)),
    ("link out of it", lambda: os.link(file, os.path.join(outside, "new"))),
    ("ioctl FS_IOC_SETFLAGS", lambda: descriptor(lambda h: fcntl.ioctl(h, FS_IOC_SETFLAGS, struct.pack("l", 0x10)))),
]


def outcome(work):
    try:
        work()
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]


print(json.dumps([[name, outcome(work)] for name, work in CALLS]))
