"""Readers of the tests of the mount: `mount-tools.py KIND PATH…` prints what a library makes of the files.

Run in the folder of the original files and in the mounted one, with the same paths; both must print the same.
"""

import errno
import hashlib
import json
import mmap
import os
import sys
import tempfile
import xml.etree.ElementTree as ElementTree


def digest(data):
    return hashlib.sha256(data).hexdigest()


def las(path):
    import laspy

    with laspy.open(path) as reader:
        header = reader.header
        points = reader.read()
        print(header.version, header.point_format.id, header.point_count, header.mins, header.maxs)
    for name in points.point_format.dimension_names:
        print(name, digest(points[name].tobytes() if hasattr(points[name], "tobytes") else bytes(points[name].array)))


def copc(path):
    import laspy

    with laspy.CopcReader.open(path) as reader:
        center = (reader.header.mins + reader.header.maxs) / 2
        box = laspy.copc.Bounds(mins=reader.header.mins[:2], maxs=center[:2])
        for points in (reader.query(), reader.query(box), reader.query(level=0)):
            print(len(points), digest(points.array.tobytes()))


def imzml(path):
    from pyimzml.ImzMLParser import ImzMLParser

    parser = ImzMLParser(path)
    for i, coordinates in enumerate(parser.coordinates):
        masses, intensities = parser.getspectrum(i)
        print(coordinates, digest(bytes(masses)), digest(bytes(intensities)))


def raster(path):
    import rasterio
    from rasterio.windows import Window

    with rasterio.open(path) as source:
        print(source.profile, [source.checksum(band) for band in source.indexes])
        window = Window(source.width // 3, source.height // 3, max(1, source.width // 4), max(1, source.height // 4))
        print(digest(source.read(window=window).tobytes()))


def tiff(path):
    """The pages, and their strips or tiles as they are stored; what decodes them is GDAL's part."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        for page in file.pages:
            print(page.shape, page.dtype, page.compression, sorted(tag.name for tag in page.tags))
            for offset, length in zip(page.dataoffsets, page.databytecounts):
                file.filehandle.seek(offset)
                print(digest(file.filehandle.read(length)))


def bam(path):
    import pysam

    with pysam.AlignmentFile(path) as file:
        for contig in file.references[:3]:
            for read in file.fetch(contig, 0, 5000):
                print(read.to_string())


def parquet(path):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path, memory_map=True)
    stream = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    print(table.schema, table.num_rows, digest(stream.getvalue()))


def sql(statement):
    import duckdb

    for row in duckdb.sql(statement).fetchall():
        print(row)


def documents(path):
    text = open(path, "rb").read()
    if path.endswith(".json"):
        print(json.dumps(json.loads(text), sort_keys=True))
    else:
        print([(one.tag, one.text) for one in ElementTree.fromstring(text).iter()])


def maps(path):
    """Memory maps: whole, backwards by pages, private ones that are written to, and NumPy's."""
    import numpy

    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        print(digest(mapped), mapped.find(b"\x00"), mapped.rfind(b"\x01"))
        pages = [mapped[at : at + 4096] for at in reversed(range(0, len(mapped), 4096))]
        print(digest(b"".join(reversed(pages))))
        mapped.madvise(mmap.MADV_WILLNEED)
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) as mapped:
        mapped[0:1] = b"x"
        print(digest(mapped))
    print(digest(numpy.memmap(path, dtype="u1", mode="r")[::-3].tobytes()))


def copies(path):
    """Every way in which the kernel moves bytes from one file to another."""
    size = os.stat(path).st_size
    source = os.open(path, os.O_RDONLY)

    def through(move):
        with tempfile.TemporaryFile() as target:
            os.lseek(source, 0, os.SEEK_SET)
            at = 0
            while at < size:
                moved = move(target.fileno(), at)
                if moved == 0:
                    raise EOFError(f"{path} ended at {at} of {size}")
                at += moved
            target.seek(0)
            return digest(target.read())

    def spliced(target, at):
        reading, writing = os.pipe()
        moved = os.splice(source, writing, 65536, offset_src=at)
        os.close(writing)
        left = moved
        while left > 0:
            left -= os.splice(reading, target, left)
        os.close(reading)
        return moved

    def copied(target, at):
        try:
            return os.copy_file_range(source, target, size, at)
        except OSError as error:
            # The kernel copies between some file systems only; cp then goes on by reading, too.
            if error.errno not in (errno.EXDEV, errno.EOPNOTSUPP):
                raise
            return os.write(target, os.pread(source, 1 << 20, at))

    print("sendfile", through(lambda target, at: os.sendfile(target, source, at, size)))
    print("copy_file_range", through(copied))
    print("splice", through(spliced))
    print("preadv", through(lambda target, at: os.write(target, os.pread(source, 100_003, at))))
    os.posix_fadvise(source, 0, 0, os.POSIX_FADV_WILLNEED)
    print("holes", os.lseek(source, 0, os.SEEK_DATA), os.lseek(source, 0, os.SEEK_HOLE) == size)
    print("end", os.lseek(source, -1, os.SEEK_END) == size - 1, len(os.read(source, 10)), os.read(source, 10))
    os.close(source)


def direct(path):
    """Past the page cache, in aligned pieces."""
    source = os.open(path, os.O_RDONLY | os.O_DIRECT)
    piece = mmap.mmap(-1, 1 << 16)
    whole = hashlib.sha256()
    while (got := os.preadv(source, [piece], os.lseek(source, 0, os.SEEK_CUR))) > 0:
        whole.update(piece[:got])
        os.lseek(source, got, os.SEEK_CUR)
    print(whole.hexdigest())
    os.close(source)


KINDS = (las, copc, imzml, raster, tiff, bam, parquet, sql, documents, maps, copies, direct)

if __name__ == "__main__":
    kind = {one.__name__: one for one in KINDS}[sys.argv[1]]
    for argument in sys.argv[2:]:
        kind(argument)
