"""The extension in DuckDB's Python: varve_extension.py BINARY WHAT [SQL] prints one JSON object.

WHAT: `query` times SQL in a process that has asked for something else before; `first` is from connecting to the first
row of SQL; `interrupt` how long con.interrupt() and Ctrl-C take while SQL waits for an engine that a line on stdin
says has been stopped; `steady` runs SQL 1,200 times and tells memory and descriptors before and after.
"""
import json
import os
import signal
import sys
import threading
import time

import duckdb

TIMES = 1200


def connected(binary):
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 2})
    connection.execute(f"load '{binary}'")
    return connection


def used():
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return {"memory": pages * os.sysconf("SC_PAGESIZE"), "descriptors": len(os.listdir("/proc/self/fd"))}


def query(connection, sql):
    connection.execute("from rejects()").fetchall()
    began = time.perf_counter()
    row = connection.execute(sql).fetchone()
    return {"seconds": time.perf_counter() - began, "row": [int(value) for value in row]}


def first(binary, sql):
    began = time.perf_counter()
    row = connected(binary).execute(sql).fetchone()
    return {"seconds": time.perf_counter() - began, "row": row}


def stopped(connection, sql, stop):
    """Seconds from the interrupt to its exception."""
    at = []

    def now():
        at.append(time.perf_counter())
        stop()

    threading.Timer(0.5, now).start()
    ended = None
    try:
        try:
            connection.execute(sql).fetchone()
        except duckdb.Error:
            ended = time.perf_counter()
        # A signal's exception comes when Python has its turn again.
        time.sleep(0.2)
    except KeyboardInterrupt:
        ended = ended or time.perf_counter()
    if ended is None:
        raise SystemExit("the query was not interrupted")
    return ended - at[0]


def interrupt(connection, sql):
    connection.execute(sql).fetchone()
    print("ready", flush=True)
    sys.stdin.readline()
    by_call = stopped(connection, sql, connection.interrupt)
    by_key = stopped(connection, sql, lambda: os.kill(os.getpid(), signal.SIGINT))
    return {"interrupt": by_call, "signal": by_key}


def steady(connection, sql):
    for _ in range(TIMES // 4):
        connection.execute(sql).fetchall()
    before = used()
    for _ in range(TIMES):
        connection.execute(sql).fetchall()
    return {"before": before, "after": used()}


def main():
    binary, what, sql = sys.argv[1:]
    if what == "first":
        answer = first(binary, sql)
    else:
        answer = {"query": query, "interrupt": interrupt, "steady": steady}[what](connected(binary), sql)
    print(json.dumps(answer))


main()
