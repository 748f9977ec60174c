"""Reads Iceberg tables with PyIceberg and DuckDB and prints what they saw: one JSON answer per JSON request line.

A request has {"reader": "pyiceberg" | "duckdb", "table": folder, "columns": [name]}.
"ask": "content", with "night" or "snapshot" or neither: {"rows": n, "hash": [high, low], "files": n or null}.
"ask": "rows", with the same and without "columns": {"columns": [name], "rows": [[text]], "files": n or null}, every column that
the reader sees and its canonical texts.
"ask": "pruning": {"rows": n, "conditions": n, "wrong": [text]}: all rows, and the conditions for which the reader gives other
rows when it may skip files and row groups by their statistics than when it reads everything.
An error is {"error": text}.

The hash does not depend on order: of every row the MD5 of its values' canonical texts, the sums of both halves as signed
64-bit numbers. `columns` names the columns, in order; the SQL that computes the same in Postgres is in content-hash.ts.
"""

import glob
import hashlib
import json
import os
import struct
import sys

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import EqualTo, GreaterThanOrEqual, LessThanOrEqual
from pyiceberg.table import StaticTable

COMPARISONS = {"=": EqualTo, ">=": GreaterThanOrEqual, "<=": LessThanOrEqual}
PRUNED_TYPES = ("INTEGER", "BIGINT", "DATE", "VARCHAR", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")


def canonical(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Every value as 'v' + canonical text, null as 'n'."""
    marked = pc.binary_join_element_wise(text("v"), texts(column).cast(pa.large_string()), text(""))
    return pc.fill_null(marked, text("n"))


def text(value: str) -> pa.Scalar:
    return pa.scalar(value, pa.large_string())


def texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "t", "f")
    if pa.types.is_date(kind):
        return column.cast(pa.date32()).cast(pa.int32()).cast(pa.string())
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64()).cast(pa.string())
    if pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.cast(pa.large_string())
    render = renderer(kind)
    return pa.chunked_array([[None if value is None else render(value) for value in column.to_pylist()]], pa.large_string())


def renderer(kind: pa.DataType):
    if pa.types.is_boolean(kind):
        return lambda value: "t" if value else "f"
    if pa.types.is_float32(kind):
        return lambda value: struct.pack(">f", value).hex()
    if pa.types.is_float64(kind):
        return lambda value: struct.pack(">d", value).hex()
    if pa.types.is_decimal(kind):
        return lambda value: format(value, "f")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return lambda value: bytes(value).hex()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        element = renderer(kind.value_type)
        return lambda value: "[" + ",".join("n" if e is None else "v" + element(e) for e in value) + "]"
    return str


def content_hash(table: pa.Table, columns: list) -> list:
    high = low = 0
    if table.num_rows > 0:
        rows = pc.binary_join_element_wise(*(canonical(table.column(name)) for name in columns), text("\x1f"))
        for row in rows.to_pylist():
            first, second = struct.unpack(">qq", hashlib.md5(row.encode()).digest())
            high += first
            low += second
    return [str(high), str(low)]


class PyIceberg:
    def __init__(self, folder: str):
        self.table = StaticTable.from_metadata(folder)

    def read(self, snapshot=None, condition=None) -> tuple:
        options = {"snapshot_id": int(snapshot)} if snapshot else {}
        if condition:
            column, comparison, value, _ = condition
            options["row_filter"] = COMPARISONS[comparison](column, value)
        scan = self.table.scan(**options)
        return scan.to_arrow(), len(list(scan.plan_files()))


class DuckDB:
    def __init__(self, folder: str):
        self.folder = folder.replace("'", "''")

    def read(self, snapshot=None, condition=None) -> tuple:
        at = f", snapshot_from_id = {int(snapshot)}" if snapshot else ""
        query = f"SELECT * FROM iceberg_scan('{self.folder}'{at}){where(condition)}"
        return connection.execute(query).to_arrow_table(), None


def where(condition) -> str:
    if condition is None:
        return ""
    column, comparison, value, kind = condition
    literal = str(value).replace("'", "''")
    return f" WHERE {quote(column)} {comparison} '{literal}'::{kind}"


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def read_content(reader, request: dict) -> dict:
    night = request.get("night")
    table, files = reader.read(request.get("snapshot"), ("dt", "=", night, "DATE") if night else None)
    return {"rows": table.num_rows, "hash": content_hash(table, request["columns"]), "files": files}


def read_rows(reader, request: dict) -> dict:
    night = request.get("night")
    table, files = reader.read(request.get("snapshot"), ("dt", "=", night, "DATE") if night else None)
    cells = [canonical(column).to_pylist() for column in table.columns]
    return {"columns": table.column_names, "rows": [list(row) for row in zip(*cells)], "files": files}


def check_pruning(reader, request: dict) -> dict:
    everything, _ = reader.read()
    tried = edge_conditions(everything, request["columns"])
    wrong = []
    for condition in tried:
        pruned, _ = reader.read(condition=condition)
        if digest(pruned) != digest(everything, condition):
            wrong.append(f"{request['reader']}{where(condition)}")
    return {"rows": everything.num_rows, "conditions": len(tried), "wrong": wrong}


def edge_conditions(table: pa.Table, columns: list) -> list:
    """For the first column of each type: the greatest and the least value, which a wrong bound loses, and one between."""
    connection.register("lake_table", table)
    kinds = {name: kind for name, kind, *_ in connection.execute("DESCRIBE lake_table").fetchall()}
    chosen = {}
    for name in columns:
        if kinds[name] in PRUNED_TYPES or kinds[name].startswith("DECIMAL"):
            chosen.setdefault(kinds[name], name)
    found = []
    for kind, name in chosen.items():
        column = quote(name)
        query = f"SELECT max({column}), min({column}), quantile_disc({column}, 0.4) FROM lake_table"
        greatest, least, between = (plain(value[0].as_py()) for value in connection.execute(query).to_arrow_table())
        if greatest is not None:
            found += [(name, ">=", greatest, kind), (name, "<=", least, kind), (name, "=", between, kind)]
    return found


def plain(value):
    """Dates and instants as ISO text, which both readers take."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def digest(table: pa.Table, condition=None) -> tuple:
    """Count and hash of the rows that meet the condition, whatever their order."""
    connection.register("lake_table", table)
    query = f"SELECT count(*), sum(hash(one_row)) FROM lake_table one_row{where(condition)}"
    return connection.execute(query).fetchone()


def connect_duckdb() -> duckdb.DuckDBPyConnection:
    opened = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    site = os.path.dirname(os.path.dirname(duckdb.__file__))
    for name in ("avro", "httpfs", "iceberg"):
        (path,) = glob.glob(f"{site}/duckdb_extension_{name}/extensions/*/{name}.duckdb_extension")
        opened.execute(f"LOAD '{path}'")
    opened.execute("SET TimeZone = 'UTC'")
    return opened


connection = connect_duckdb()

READERS = {"pyiceberg": PyIceberg, "duckdb": DuckDB}
ANSWERS = {"content": read_content, "rows": read_rows, "pruning": check_pruning}


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = ANSWERS[request["ask"]](READERS[request["reader"]](request["table"]), request)
        except Exception as error:  # the test shows it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
