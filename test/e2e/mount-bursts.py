"""Bursts of parallel reads past the page cache, each compared with the file itself.

Usage: mount-bursts.py <bursts> <readers> <mounted file> <original>
"""

import mmap
import os
import random
import sys
import threading

bursts, readers = int(sys.argv[1]), int(sys.argv[2])
with open(sys.argv[4], "rb") as file:
    right = file.read()
descriptors = [os.open(sys.argv[3], os.O_RDONLY | os.O_DIRECT) for _ in range(4)]
LENGTH = 16 * 1024
together = threading.Barrier(readers)


def read(number):
    order = random.Random(number)
    room = mmap.mmap(-1, LENGTH)
    for _ in range(bursts):
        start = order.randrange(len(right) // 4096) * 4096
        together.wait()
        got = os.preadv(descriptors[number % 4], [room], start)
        if room[:got] != right[start : start + LENGTH]:
            print(f"wrong bytes at {start}", file=sys.stderr)
            os._exit(1)


threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
