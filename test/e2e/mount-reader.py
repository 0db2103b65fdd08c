"""Reads files below a mount at random places, in every way there is, and compares each byte with the file itself.

Usage: mount-reader.py <JSON>: `files`: pairs of a mounted file and its original; `reads`: how many, or `seconds`: for
how long; `stop`: a file whose coming ends it; `seed`; `processes`; `allowed`: names of errors that are no failure; `largest`: bytes of a read.
Prints JSON: reads, errors by name, bytes, and the seconds that the longest read took. Ends with 1 at a wrong byte, or
an error that is not allowed.
"""

import collections
import errno
import json
import mmap
import os
import random
import sys
import time

PAGE = 4096


class Opened:
    """One file, open in several ways."""

    def __init__(self, path, original):
        self.path = path
        with open(original, "rb") as file:
            self.bytes = file.read()
        self.size = len(self.bytes)
        self.plain = [os.open(path, os.O_RDONLY) for _ in range(2)]
        self.direct = os.open(path, os.O_RDONLY | os.O_DIRECT)

    def pread(self, start, length):
        return os.pread(random.choice(self.plain), length, start)

    def past_the_page_cache(self, start, length, room):
        """What O_DIRECT asks for: whole pages, into memory that begins at one."""
        start -= start % PAGE
        length = min(len(room), length + -length % PAGE)
        got = os.preadv(self.direct, [memoryview(room)[:length]], start)
        return start, room[:got]

    def mapped(self, start, length):
        """Maps the pages around it; a fault that finds nothing would be a SIGBUS."""
        base = start - start % mmap.ALLOCATIONGRANULARITY
        with mmap.mmap(self.plain[0], min(self.size, start + length) - base, mmap.MAP_SHARED, mmap.PROT_READ, offset=base) as view:
            return view[start - base : start - base + length]

    def forget(self):
        """Has the kernel drop its pages, so that the next reads come through again."""
        for handle in self.plain:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)

    def close(self):
        for handle in [*self.plain, self.direct]:
            os.close(handle)


def read_some(order, number, out):
    seed = order["seed"] * 1000 + number
    random.seed(seed)
    allowed = set(order.get("allowed", []))
    largest = order.get("largest", 256 * 1024)
    files = [Opened(*pair) for pair in order["files"]]
    room = mmap.mmap(-1, largest + 2 * PAGE)
    until = time.monotonic() + order["seconds"] if "seconds" in order else float("inf")
    wanted = order.get("reads", float("inf")) / order["processes"]
    found = {"reads": 0, "bytes": 0, "longest": 0.0, "errors": collections.Counter()}
    stop = order.get("stop")
    while found["reads"] < wanted and time.monotonic() < until and not (stop and os.path.exists(stop)):
        file = random.choice(files)
        start = random.randrange(file.size + 2)
        length = random.randint(1, random.choice([100, PAGE, 64 * 1024, largest]))
        way = random.random()
        began = time.monotonic()
        try:
            if way < 0.2 and start < file.size and not allowed:
                got = file.mapped(start, length)
            elif way < 0.4:
                start, got = file.past_the_page_cache(start, length, room)
                length = len(got) if len(got) > 0 else length
            elif way < 0.45 and not allowed:
                # Opened anew, and read to its end or some MiB.
                with open(file.path, "rb", buffering=0) as again:
                    start, got = 0, again.read(min(file.size, 4 * 2**20))
                    length = len(got)
            else:
                got = file.pread(start, length)
            right = file.bytes[start : start + length]
            # What could be read before an error is given first, and the error to who asks for the rest.
            if allowed and 0 < len(got) < len(right):
                right = right[: len(got)]
            if got != right:
                print(f"wrong bytes: {file.path} [{start}, {start + length}), seed {seed}, read {found['reads']}", file=sys.stderr)
                os._exit(1)
            found["bytes"] += len(got)
        except OSError as error:
            name = errno.errorcode[error.errno]
            if name not in allowed:
                print(f"{name}: {file.path} [{start}, {start + length}), seed {seed}, read {found['reads']}", file=sys.stderr)
                os._exit(1)
            found["errors"][name] += 1
        found["longest"] = max(found["longest"], time.monotonic() - began)
        found["reads"] += 1
        if random.random() < order.get("forget", 0.01):
            file.forget()
    for file in files:
        file.close()
    os.write(out, (json.dumps(found) + "\n").encode())


def main():
    order = json.loads(sys.argv[1])
    pipe, out = os.pipe()
    children = []
    for number in range(order["processes"]):
        child = os.fork()
        if child == 0:
            os.close(pipe)
            try:
                read_some(order, number, out)
            except BaseException as error:
                print(repr(error), file=sys.stderr)
                os._exit(1)
            os._exit(0)
        children.append(child)
    os.close(out)
    with os.fdopen(pipe) as results:
        all_found = [json.loads(line) for line in results]
    failed = [code for child in children if (code := os.waitpid(child, 0)[1]) != 0]
    if failed:
        sys.exit(1)
    errors = sum((collections.Counter(found["errors"]) for found in all_found), collections.Counter())
    print(json.dumps({
        "reads": sum(found["reads"] for found in all_found),
        "bytes": sum(found["bytes"] for found in all_found),
        "longest": max(found["longest"] for found in all_found),
        "errors": errors,
    }))


main()
