"""A DuckDB with the extension: runs the steps of a JSON job on stdin, and prints what came of them.

Steps: {"sql": …} → {"rows": …} or {"error": …}; with "threads": n, the same at once on n cursors; with "times": n, so
often, and the descriptors and memory of before and after; with "interrupt" or "signal": seconds, interrupted or sent
SIGINT after them; with "pause": seconds, after that; with "fork": true, in a forked child; with "scanned": true, how many rows the scan gave.
"""

import json
import os
import signal
import sys
import threading
import time

import duckdb


def answer(connection, sql):
    try:
        rows = connection.execute(sql).fetchall()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"rows": [[str(value) if value is not None else None for value in row] for row in rows]}


def scanned(connection, sql):
    [[_, plan]] = connection.execute(f"explain (analyze, format json) {sql}").fetchall()
    found = []

    def walk(node):
        children = node.get("children", [])
        if not children and "intermediate_rows" in node:
            found.append(node["intermediate_rows"])
        for child in children:
            walk(child)

    for root in json.loads(plan)["operator"]:
        walk(root)
    return {"scanned": found}


def used():
    """Open descriptors, and resident memory in bytes."""
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return {"descriptors": len(os.listdir("/proc/self/fd")), "memory": pages * os.sysconf("SC_PAGESIZE")}


def threads(connection, sql, count):
    answers = [None] * count

    def work(i):
        answers[i] = answer(connection.cursor(), sql)

    running = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return {"answers": answers}


def times(connection, sql, count):
    # What DuckDB and the extension keep for later is there after some of them.
    for _ in range(count // 4):
        answer(connection, sql)
    before = used()
    for _ in range(count):
        last = answer(connection, sql)
    return {"before": before, "after": used(), **last}


def stopped(connection, sql, seconds, stop):
    # Whoever reads the answers does something to the engine meanwhile.
    time.sleep(0.3)
    at = []

    def now():
        at.append(time.monotonic())
        stop()

    threading.Timer(seconds, now).start()
    try:
        found = answer(connection, sql)
        # A signal's exception comes when Python has its turn again.
        ended = time.monotonic()
        time.sleep(0.05)
    except KeyboardInterrupt:
        found = {"error": "KeyboardInterrupt"}
        ended = time.monotonic()
    return {**found, "seconds": ended - at[0] if at else None}


def forked(connection, sql):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as file:
            file.write(json.dumps(answer(connection, sql)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text)


def step(connection, job):
    sql = job["sql"]
    time.sleep(job.get("pause", 0))
    if job.get("scanned"):
        return scanned(connection, sql)
    if "threads" in job:
        return threads(connection, sql, job["threads"])
    if "times" in job:
        return times(connection, sql, job["times"])
    if "interrupt" in job:
        return stopped(connection, sql, job["interrupt"], connection.interrupt)
    if "signal" in job:
        return stopped(connection, sql, job["signal"], lambda: os.kill(os.getpid(), signal.SIGINT))
    if "fork" in job:
        return forked(connection, sql)
    return answer(connection, sql)


job = json.load(sys.stdin)
try:
    connection = duckdb.connect(config=job["config"])
    for load in job["load"]:
        connection.execute(load)
except duckdb.Error as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
    sys.exit(0)
for one in job["steps"]:
    print(json.dumps(step(connection, one)), flush=True)
