"""What tests/offload/pyarrow.sh does in pyarrow: makes tables, and compares what came back.

pyarrow_tables.py make DIR      whole.arrow, slices.arrow, deltas.arrow, plain.csv, ...
pyarrow_tables.py compare A B   both are Arrow streams or files with the same schema and values
pyarrow_tables.py check DIR     reads what millrace converted in DIR, and compares it with what it made
"""
import datetime
import decimal
import json
import random
import sys

import pyarrow as pa
import pyarrow.csv
import pyarrow.json

ROWS = 1000
DECIMAL = pa.decimal128(20, 3)


def columns(seed):
    """Every type that is read, each with no, some and only nulls."""
    r = random.Random(seed)
    int_types = [pa.int8(), pa.int16(), pa.int32(), pa.int64(),
                 pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    makers = []
    for i, t in enumerate(int_types):
        bits = 8 << i % 4
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if i < 4 else (0, (1 << bits) - 1)
        makers.append((t, lambda low=low, high=high: r.choice([low, high, r.randint(low, high)])))
    makers += [
        (pa.float32(), lambda: float(r.randint(-1000, 1000)) / 8),
        (pa.float64(), lambda: r.choice([r.random(), r.gauss(0, 1e200), 0.1])),
        (pa.bool_(), lambda: r.random() < 0.5),
        (pa.date32(), lambda: datetime.date(1, 1, 1) + datetime.timedelta(r.randint(0, 3600000))),
        (DECIMAL, lambda: decimal.Decimal(r.randint(-10**19, 10**19)) / 1000),
        (pa.string(), lambda: r.choice(["", "a", "é€😀", 'say "no"', "two\nlines", "x,y"])),
        (pa.binary(), lambda: bytes(r.randrange(256) for _ in range(r.randrange(9)))),
    ]
    for unit in ["s", "ms", "us", "ns"]:
        for zone in [None, "UTC", "Europe/Zurich"]:
            makers.append((pa.timestamp(unit, zone), lambda: r.randint(-10**9, 10**9)))
    arrays, names = [], []
    for t, make in makers:
        for nulls in [0.0, 0.3, 1.0]:
            arrays.append(pa.array([None if r.random() < nulls else make() for _ in range(ROWS)], t))
            names.append(f"{t} {nulls}")
    for index in [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint32()]:
        words = pa.array([None if r.random() < 0.2 else r.randrange(5) for _ in range(ROWS)], index)
        arrays.append(pa.DictionaryArray.from_arrays(words, ["un", "deux", "", "quatre", "é"]))
        names.append(f"words by {index}")
    return arrays, names


def write(path, batches, file=False, **options):
    options = pa.ipc.IpcWriteOptions(**options)
    new = pa.ipc.new_file if file else pa.ipc.new_stream
    with new(path, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)


def read(path):
    with open(path, "rb") as file:
        if file.read(6) == b"ARROW1":
            return pa.ipc.open_file(path).read_all()
    return pa.ipc.open_stream(path).read_all()


def dictionary_batches():
    """A dictionary that grows, then one that is another."""
    lists = [["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]
    return [pa.record_batch([pa.DictionaryArray.from_arrays(
        pa.array([0, None, len(words) - 1], pa.int8()), words)], ["w"]) for words in lists]


def make(folder):
    arrays, names = columns(7)
    batch = pa.record_batch(arrays, names)
    slices = [batch.slice(0, 1), batch.slice(1, 0), batch.slice(1, 333), batch.slice(334)]
    write(f"{folder}/whole.arrow", [batch])
    write(f"{folder}/slices.arrow", slices)
    write(f"{folder}/v4.arrow", [batch], metadata_version=pa.ipc.MetadataVersion.V4)
    write(f"{folder}/file.feather", slices, file=True)
    write(f"{folder}/deltas.arrow", dictionary_batches(), emit_dictionary_deltas=True)
    write(f"{folder}/replaced.arrow", dictionary_batches()[::-1], emit_dictionary_deltas=False)
    write(f"{folder}/compressed.arrow", [batch], compression="lz4")
    nested = pa.record_batch([pa.array([[1]])], ["l"])
    write(f"{folder}/nested.arrow", [nested])
    plain = plain_table()
    pa.csv.write_csv(plain, f"{folder}/plain.csv")
    with open(f"{folder}/plain.jsonl", "w", encoding="utf-8") as file:
        for row in plain.to_pylist():
            file.write(json.dumps(row, default=str) + "\n")


def plain_table():
    """What both CSV and JSON lines hold without being told types."""
    r = random.Random(3)
    n = 500

    def some(f):
        return [None if r.random() < 0.2 else f() for _ in range(n)]
    stamp = datetime.datetime(2024, 2, 29, 12)
    return pa.table({
        "i": pa.array(some(lambda: r.randint(-2**63, 2**63 - 1)), pa.int64()),
        "f": pa.array(some(r.random), pa.float64()),
        "b": pa.array(some(lambda: r.random() < 0.5), pa.bool_()),
        "d": pa.array(some(lambda: stamp.date() - datetime.timedelta(r.randrange(9999))), pa.date32()),
        "t": pa.array(some(lambda: stamp + datetime.timedelta(microseconds=r.randrange(10**12))),
                      pa.timestamp("us")),
        "s": pa.array(some(lambda: r.choice(["a", "", 'q"q', "x,y", "é", "two\nlines"])), pa.string()),
    })


def compare(a, b):
    a, b = read(a), read(b)
    assert a.schema.equals(b.schema), f"{a.schema}\n{b.schema}"
    a.validate(full=True)
    b.validate(full=True)
    # Dictionaries of batches may differ in order: their values are what counts.
    for name in a.column_names:
        x, y = a[name], b[name]
        if pa.types.is_dictionary(x.type):
            x, y = x.cast(x.type.value_type), y.cast(y.type.value_type)
        assert x.equals(y), name


def check(folder):
    plain = plain_table()
    for source in ["csv", "jsonl"]:
        got = read(f"{folder}/plain.{source}.arrow")
        assert got.schema.equals(plain.schema), f"{got.schema}"
        assert got.equals(plain), source
    ours = pa.csv.read_csv(
        f"{folder}/plain.out.csv",
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types=plain.schema, strings_can_be_null=True, quoted_strings_can_be_null=False))
    assert ours.equals(plain), "CSV"
    ours = pa.json.read_json(
        f"{folder}/plain.out.jsonl",
        parse_options=pa.json.ParseOptions(explicit_schema=pa.schema(
            [f if f.name != "d" else pa.field("d", pa.string()) for f in plain.schema])))
    ours = ours.set_column(3, "d", ours["d"].cast(pa.date32()))
    assert ours.equals(plain), "JSON lines"


if __name__ == "__main__":
    {"make": make, "compare": compare, "check": check}[sys.argv[1]](*sys.argv[2:])
