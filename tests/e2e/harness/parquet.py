"""The files of the lake read by DuckDB, which knows nothing of us."""
import glob

from .script import Skip


def duckdb():
    """The module, set to the time zone of the files."""
    try:
        import duckdb as module
    except ImportError:
        raise Skip("no duckdb: pip install -r scripts/requirements.txt") from None
    connection = module.connect()
    connection.execute("set TimeZone = 'UTC'")
    return connection


def relation(files):
    """DuckDB takes `09` for a text unless it is told that it is a number."""
    numbers = "{'year': bigint, 'month': bigint, 'day': bigint, 'hour': bigint}"
    return (f"read_parquet('{files}', hive_partitioning = true, union_by_name = true, "
            f"hive_types_autocast = false, hive_types = {numbers})")


# Every message of `fakedata` carries its number: seq="...", seq=... or, once it is JSON, "seq":"...".
NUMBER_OF_MESSAGE = r"""regexp_extract(concat(structured_data, ' ', message), 'seq\\?"?[=:]\\?"?(\d{12})', 1)"""


def message_numbers(files):
    """How often each number of `fakedata` stands in the files: {number: times}."""
    if not glob.glob(files, recursive=True):
        return {}
    rows = duckdb().execute(
        f"select {NUMBER_OF_MESSAGE} as number, count(*) from {relation(files)} group by 1").fetchall()
    return {int(number or 0): times for number, times in rows}


def count_rows(files):
    if not glob.glob(files, recursive=True):
        return 0
    return duckdb().execute(f"select count(*) from {relation(files)}").fetchone()[0]


def ranges(numbers):
    """Numbers as text, neighbours together: `5, 7-9`."""
    runs = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
