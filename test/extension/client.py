"""A DuckDB with the extension: runs the steps of a JSON job on stdin, and prints what came of them.

Steps: {"sql": …} → {"rows": …} or {"error": …}; with "threads": n, the same at once on n cursors; with "times": n, so
often, and how many descriptors are open before and after; with "interrupt": seconds, interrupted after them; with
"scanned": true, how many rows the scan gave.
"""

import json
import os
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


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def step(connection, job):
    sql = job["sql"]
    if job.get("scanned"):
        return scanned(connection, sql)
    if "threads" in job:
        answers = [None] * job["threads"]

        def work(i):
            answers[i] = answer(connection.cursor(), sql)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(job["threads"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"answers": answers}
    if "times" in job:
        answer(connection, sql)
        before = descriptors()
        for _ in range(job["times"]):
            last = answer(connection, sql)
        return {"before": before, "after": descriptors(), **last}
    if "interrupt" in job:
        # Whoever reads the answers does something to the engine meanwhile.
        time.sleep(0.3)
        threading.Timer(job["interrupt"], connection.interrupt).start()
        start = time.monotonic()
        return {**answer(connection, sql), "seconds": time.monotonic() - start}
    return answer(connection, sql)


job = json.load(sys.stdin)
connection = duckdb.connect(config=job["config"])
for load in job["load"]:
    connection.execute(load)
print("ready", flush=True)
for one in job["steps"]:
    print(json.dumps(step(connection, one)), flush=True)
