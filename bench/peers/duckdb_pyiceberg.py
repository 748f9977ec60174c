"""The fastest committed Iceberg table that ready-made parts give: DuckDB writes Parquet, PyIceberg adds the file.

DATABASE_URL, TABLES (comma separated), OUT (an empty folder), USAGE_FILE, BENCH_POSTGRES_EXTENSION as for duckdb.ts.
"""
import json
import os
import resource
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog

out = os.environ["OUT"]
extension = os.environ.get("BENCH_POSTGRES_EXTENSION")

connection = duckdb.connect(config={"threads": 2, "allow_unsigned_extensions": str(extension is not None).lower()})
connection.execute("INSTALL postgres; LOAD postgres" if extension is None else f"LOAD '{extension}'")
connection.execute("SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
connection.execute(f"ATTACH '{os.environ['DATABASE_URL']}' AS source (TYPE postgres, READ_ONLY)")
connection.execute("BEGIN")

catalog = SqlCatalog("bench", uri=f"sqlite:///{out}/catalog.db", warehouse=f"file://{out}/warehouse")
catalog.create_namespace("bench")


def without_json(field):
    """PyIceberg knows no JSON type."""
    return field.with_type(pa.string()) if isinstance(field.type, pa.JsonType) else field


for table in os.environ["TABLES"].split(","):
    file = f"{out}/{table}.parquet"
    connection.execute(f"COPY (FROM source.{table}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    schema = pa.schema([without_json(field) for field in pq.read_schema(file)])
    catalog.create_table(f"bench.{table.replace('.', '_')}", schema=schema).add_files([file])

usage = resource.getrusage(resource.RUSAGE_SELF)
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
with open(os.environ["USAGE_FILE"], "w") as report:
    json.dump({"cpuSeconds": usage.ru_utime + usage.ru_stime, "peakBytes": peak}, report)
