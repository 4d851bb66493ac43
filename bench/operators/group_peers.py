#!/usr/bin/env python3
"""Sums of 1,000 groups by pyarrow, duckdb or polars on one thread: group_peers.py PEER BYTES

Prints the seconds of the best of five passes over an int64 column of BYTES bytes and its keys, which
are in memory before. Exit code 77, with the reason, where the peer is not installed.
"""
import os
import sys
import time

peer, rows = sys.argv[1], int(sys.argv[2]) // 8
os.environ["POLARS_MAX_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
try:
    import numpy

    if peer == "pyarrow":
        import pyarrow
    elif peer == "duckdb":
        import duckdb
        import pyarrow
    else:
        import polars
except ImportError as missing:
    print(f"{peer}: {missing} (pip install numpy pyarrow duckdb polars; MILLRACE_BENCH_PYTHON)")
    sys.exit(77)

random = numpy.random.default_rng(1)
v, k = random.integers(0, 1000000, rows), random.integers(0, 1000, rows)
if peer == "pyarrow":
    pyarrow.set_cpu_count(1)
    table = pyarrow.table({"v": v, "k": k})
    run = lambda: table.group_by("k", use_threads=False).aggregate([("v", "sum")])
elif peer == "duckdb":
    connection = duckdb.connect()
    connection.execute("set threads=1")
    table = pyarrow.table({"v": v, "k": k})
    run = lambda: connection.execute("select k, sum(v) from table group by k".replace("table", "t")).fetchall()
    connection.register("t", table)
else:
    frame = polars.DataFrame({"v": v, "k": k})
    run = lambda: frame.group_by("k").agg(polars.col("v").sum())
best = None
for _ in range(5):
    start = time.perf_counter()
    result = run()
    seconds = time.perf_counter() - start
    best = seconds if best is None else min(best, seconds)
assert len(result) == 1000 if hasattr(result, "__len__") else result.num_rows == 1000
print(best)
