"""DuckDB, PyArrow and our SQL read the same files: equal rows, equal types, over files whose schema evolved."""
import datetime
import glob
import json
import socket

from harness.appliance import Appliance, syslog
from harness.parquet import duckdb, relation
from harness.ports import free_port
from harness.script import Skip, run_script

PARTITION = ["year", "month", "day", "hour"]
# What a type is called: in SQL (DESCRIBE), by DuckDB, by PyArrow.
TYPE_NAMES = {
    "string": ("VARCHAR", "string"),
    "int64": ("BIGINT", "int64"),
    "double": ("DOUBLE", "double"),
    "boolean": ("BOOLEAN", "bool"),
    "timestamp": ("TIMESTAMP WITH TIME ZONE", "timestamp[us, tz=UTC]"),
    "list<string>": ("VARCHAR[]", "list<item: string>"),
    "list<int64>": ("BIGINT[]", "list<item: int64>"),
    "list<double>": ("DOUBLE[]", "list<item: double>"),
    "list<boolean>": ("BOOLEAN[]", "list<item: bool>"),
}
# Bodies in the order in which they come; a list is sent and stored before the next. `n` numbers the rows.
OLD = [
    {"n": 1, "size": 1, "text": "plain", "flag": True, "tags": ["a", "b"], "counts": [1, 2, 3], "big": 2**53 + 1},
    {"n": 2, "size": 2, "text": "Grüße, 東京 🚀 \u0000 end", "flag": False, "tags": [], "nested": {"deep": {"er": 7}}},
    {"n": 3, "size": None, "text": None, "flag": None, "tags": None, "only_old": "x"},
    {"n": 4, "size": 4, "least": -(2**63), "text": "", "ratios": [0.5, 1.5], "flags": [True, False]},
]
WIDENED = [
    {"n": 5, "size": 2.5, "text": "double", "ratio": 0.1, "only_new": "ä", "tags": ["日本"]},
    {"n": 6, "size": 3, "text": "int in a double column", "big": 7},
    {"n": 7, "text": "no size at all", "big": 1.5},
]
CONFLICTING = [
    {"n": 8, "size": "large", "text": 5, "flag": "yes", "counts": ["one", None], "tags": "not a list"},
    {"n": 9, "size": True, "text": "last", "counts": [4, None]},
]
# Each body comes three times, with these times; the days are recent, so that they are believed.
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=123456)
TIMES = [NOW - datetime.timedelta(hours=hours) for hours in (1, 30, 24 * 40)]


def messages_of(bodies):
    for body in bodies:
        for copy, time in enumerate(TIMES):
            text = json.dumps({**body, "n": body["n"] * 10 + copy}, ensure_ascii=False)
            yield f"<38>1 {time.strftime('%Y-%m-%dT%H:%M:%S.%fZ')} höst.example.net e2e - - - {text}"


def send(port, messages):
    with socket.create_connection(("127.0.0.1", port), timeout=15) as stream:
        for message in messages:
            framed = message.encode()
            stream.sendall(b"%d %s" % (len(framed), framed))


def microseconds(value):
    """A time as text (RFC 3339) or as Python has it, in microseconds since 1970."""
    if isinstance(value, str):
        value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    since = value - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(microseconds=1)


def arrow_rows(table):
    """Rows of an Arrow table, sorted by `n`; times in microseconds."""
    import pyarrow

    for place, field in enumerate(table.schema):
        if pyarrow.types.is_timestamp(field.type):
            plain = table.column(place).cast(pyarrow.timestamp("us", tz="UTC")).cast(pyarrow.int64())
            table = table.set_column(place, field.name, plain)
    return sorted(table.to_pylist(), key=lambda row: row["n"])


def by_duckdb(files):
    result = duckdb().execute(f"select * from {relation(files)}")
    types = {column[0]: str(column[1]) for column in duckdb().execute(f"describe select * from {relation(files)}").fetchall()}
    return types, arrow_rows(result.to_arrow_table())


def by_pyarrow(files, folder):
    import pyarrow
    import pyarrow.dataset
    import pyarrow.parquet

    # A dataset takes the schema of its first file unless it is given one.
    paths = sorted(glob.glob(files, recursive=True))
    schemas = [pyarrow.parquet.read_schema(path) for path in paths]
    partition = pyarrow.schema([(name, pyarrow.int64()) for name in PARTITION])
    unified = pyarrow.unify_schemas([*schemas, partition], promote_options="permissive")
    dataset = pyarrow.dataset.dataset(paths, format="parquet", schema=unified, partition_base_dir=folder,
                                      partitioning=pyarrow.dataset.partitioning(partition, flavor="hive"))
    table = dataset.to_table()
    return {field.name: str(field.type) for field in table.schema}, arrow_rows(table)


def by_sql(appliance):
    described = appliance.sql("describe default.syslog")
    types = {row["column_name"]: row["data_type"] for row in described}
    rows = appliance.sql("select * from default.syslog order by n")
    for row in rows:
        for name, type_name in types.items():
            if type_name == "timestamp" and row[name] is not None:
                row[name] = microseconds(row[name])
    return types, rows


def check_types(script, sql_types, duckdb_types, pyarrow_types):
    script.check_equal("DuckDB finds the same columns", set(duckdb_types), set(sql_types))
    script.check_equal("PyArrow finds the same columns", set(pyarrow_types), set(sql_types))
    print(f"        {'column':<22} {'sql':<14} {'duckdb':<26} pyarrow")
    for name, sql_type in sql_types.items():
        found = (duckdb_types.get(name), pyarrow_types.get(name))
        print(f"        {name:<22} {sql_type:<14} {str(found[0]):<26} {found[1]}")
        expected = TYPE_NAMES.get(sql_type)
        if found != expected:
            script.check(f"column {name} has one type", False, f"{sql_type} for SQL, {found} for DuckDB and PyArrow")
    script.check("every type has a name in each reader", set(sql_types.values()) <= set(TYPE_NAMES), sql_types)


def check_rows(script, what, found, expected):
    if not script.check_equal(f"{what}: number of rows", len(found), len(expected)):
        return
    differences = []
    for one, other in zip(found, expected):
        for name in one.keys() | other.keys():
            if one.get(name) != other.get(name):
                differences.append(f"n={one['n']} {name}: {one.get(name)!r} and {other.get(name)!r}")
    script.check(f"{what}: every value", not differences, f"{len(differences)} differ: {differences[:10]}")


def check_values(script, rows, types):
    """What was sent is what is there, and a value of another type is in a column of its own."""
    by_number = {row["n"]: row for row in rows}
    all_bodies = OLD + WIDENED + CONFLICTING
    expected = sorted(body["n"] * 10 + copy for body in all_bodies for copy in range(len(TIMES)))
    if not script.check_equal("each message is a row, once", [row["n"] for row in rows], expected):
        return
    for copy, time in enumerate(TIMES):
        row = by_number[10 + copy]
        script.check_equal(f"event_time of {time:%Y-%m-%d %H}", row["event_time"], microseconds(time))
        script.check_equal(f"partition of {time:%Y-%m-%d %H}", [row[name] for name in PARTITION],
                           [time.year, time.month, time.day, time.hour])
    plain, accents, empty, deep = (by_number[n * 10] for n in (1, 2, 3, 4))
    script.check_equal("host with an umlaut", plain["hostname"], "höst.example.net")
    script.check_equal("text beyond ASCII", accents["text"], OLD[1]["text"])
    script.check_equal("lists", (plain["tags"], plain["counts"], deep["ratios"], deep["flags"]),
                       (["a", "b"], [1, 2, 3], [0.5, 1.5], [True, False]))
    script.check_equal("nested fields are columns", accents["nested_deep_er"], 7)
    script.check_equal("null", [empty[name] for name in ("size", "text", "flag", "tags")], [None] * 4)
    script.check_equal("the least int64", deep["least"], -(2**63))
    script.check_equal("an int64 column that got a double is a double one", types["size"], "double")
    script.check_equal("its old values are still there, beside the new ones",
                       [by_number[n * 10]["size"] for n in range(1, 8)], [1.0, 2.0, None, 4.0, 2.5, 3.0, None])
    text = by_number[80]
    script.check_equal("a string goes beside the numbers", (text["size"], text["size__string"]), (None, "large"))
    script.check_equal("a number goes beside the strings", (text["text"], text["text__int64"]), (None, 5))
    script.check_equal("a string goes beside the booleans", (text["flag"], text["flag__string"]), (None, "yes"))
    script.check_equal("a boolean goes beside the numbers", by_number[90]["size__boolean"], True)
    script.check_equal("2^53 + 1 is not changed", plain["big"], 2**53 + 1)
    script.check_equal("a double beside an int that no double can hold", (by_number[70]["big"],
                       by_number[70]["big__double"]), (None, 1.5))


def main(script):
    try:
        import pyarrow.dataset  # noqa: F401
    except ImportError:
        raise Skip("no pyarrow: pip install -r scripts/requirements.txt") from None
    duckdb()
    port = free_port()
    appliance = Appliance(script, [{"dataset": "syslog", "testing": True, "inputs": [syslog("tcp", port)]}])
    appliance.start()
    sent = 0
    for bodies in (OLD, WIDENED, CONFLICTING):
        messages = list(messages_of(bodies))
        send(port, messages)
        sent += len(messages)
        account = appliance.wait_until_stored(sent)
        script.check_equal(f"{sent} messages are stored", (account["received"], account["stored"]), (sent, sent))
    folder = appliance.parquet_files().replace("/**/*.parquet", "")
    files = appliance.parquet_files()
    script.check("old and new files lie beside each other", len(glob.glob(files, recursive=True)) >= 9)

    sql_types, sql_rows = by_sql(appliance)
    duckdb_types, duckdb_rows = by_duckdb(files)
    pyarrow_types, pyarrow_rows = by_pyarrow(files, folder)
    check_types(script, sql_types, duckdb_types, pyarrow_types)
    check_rows(script, "SQL and DuckDB", sql_rows, duckdb_rows)
    check_rows(script, "PyArrow and DuckDB", pyarrow_rows, duckdb_rows)
    check_values(script, sql_rows, sql_types)
    appliance.stop_well()


if __name__ == "__main__":
    run_script(main)
