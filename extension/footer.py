"""Appends DuckDB's footer to a shared library: footer.py IN OUT ABI EXTENSION-VERSION DUCKDB-VERSION PLATFORM."""

import sys

source, target, abi, version, duckdb, platform = sys.argv[1:]
# An empty custom section of WebAssembly, by which DuckDB finds the footer in that format, too.
head = b"\x00\x93\x04\x10duckdb_signature\x80\x04"
fields = ["", "", "", abi, version, duckdb, platform, "4"]
with open(source, "rb") as file:
    code = file.read()
footer = b"".join(field.encode().ljust(32, b"\0") for field in fields)
with open(target, "wb") as file:
    file.write(code + head + footer + bytes(256))
