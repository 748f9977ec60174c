"""Reads Iceberg tables with PyIceberg and DuckDB and prints what they saw: one JSON answer per JSON request line.

Request: {"reader": "pyiceberg" | "duckdb", "table": folder, "columns": [name], "snapshot": decimal id or null,
          "where": {"column", "op", "type", "value"} or null, "prune": bool}
Without "prune" every row is read first and the condition is applied to them afterwards.
Answer:  {"rows": n, "hash": [high, low], "files": n or null} or {"error": text}

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
from pyiceberg.expressions import EqualTo, GreaterThanOrEqual, LessThan
from pyiceberg.table import StaticTable


def canonical(column: pa.ChunkedArray) -> list:
    """Every value as 'v' + canonical text, null as 'n'."""
    kind = column.type
    if pa.types.is_date(kind):
        values = column.cast(pa.date32()).cast(pa.int32()).to_pylist()
    elif pa.types.is_timestamp(kind):
        values = column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64()).to_pylist()
    else:
        values = column.to_pylist()
    render = renderer(kind)
    return ["n" if value is None else "v" + render(value) for value in values]


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
    for row in zip(*(canonical(table.column(name)) for name in columns)):
        digest = hashlib.md5("\x1f".join(row).encode()).digest()
        first, second = struct.unpack(">qq", digest)
        high += first
        low += second
    return [str(high), str(low)]


def condition(where: dict) -> str:
    name = '"' + where["column"].replace('"', '""') + '"'
    value = str(where["value"]).replace("'", "''")
    return f" WHERE {name} {where['op']} '{value}'::{where['type']}"


def read_pyiceberg(request: dict) -> tuple:
    table = StaticTable.from_metadata(request["table"])
    snapshot = request.get("snapshot")
    options = {"snapshot_id": int(snapshot)} if snapshot else {}
    where = request.get("where")
    if where and request.get("prune"):
        make = {"=": EqualTo, ">=": GreaterThanOrEqual, "<": LessThan}[where["op"]]
        options["row_filter"] = make(where["column"], where["value"])
    scan = table.scan(**options)
    return scan.to_arrow(), len(list(scan.plan_files()))


def connect_duckdb() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    site = os.path.dirname(os.path.dirname(duckdb.__file__))
    for name in ("avro", "httpfs", "iceberg"):
        (path,) = glob.glob(f"{site}/duckdb_extension_{name}/extensions/*/{name}.duckdb_extension")
        connection.execute(f"LOAD '{path}'")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def read_duckdb(connection: duckdb.DuckDBPyConnection, request: dict) -> tuple:
    snapshot = request.get("snapshot")
    at = f", snapshot_from_id = {int(snapshot)}" if snapshot else ""
    where = request.get("where")
    pruned = condition(where) if where and request.get("prune") else ""
    folder = request["table"].replace("'", "''")
    return connection.execute(f"SELECT * FROM iceberg_scan('{folder}'{at}){pruned}").to_arrow_table(), None


def read(connection: duckdb.DuckDBPyConnection, request: dict) -> tuple:
    if request["reader"] == "pyiceberg":
        table, files = read_pyiceberg(request)
    else:
        table, files = read_duckdb(connection, request)
    where = request.get("where")
    if where and not request.get("prune"):
        rows = table  # DuckDB finds it by its name
        table = connection.execute(f"SELECT * FROM rows{condition(where)}").to_arrow_table()
    return table, files


def main() -> None:
    connection = connect_duckdb()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            table, files = read(connection, request)
            answer = {"rows": table.num_rows, "hash": content_hash(table, request["columns"]), "files": files}
        except Exception as error:  # the test shows it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
