"""Speed of importing a lead file, compared with a plain COPY of the same rows into Postgres.

    .venv/bin/python -m bench.import --rows 100000

The app's side is `POST /leads/import` to `cadenza api` in its own process. It handles upload, encoding and CSV,
validates addresses, names, zones, tags and custom fields row by row, and merges the rows into `leads` by address, under
row level security. The other side is one COPY of the same prepared values into an empty table with the same columns,
defaults, keys and indexes. They run in turns, each into an empty table or for a tenant without leads, so all rows are
new.

`ratio`: seconds of the import divided by seconds of the COPY. `again_ratio`: the same for a second import of the file,
in which every row is an update. `rss_mb_growth`: the most memory that the API's process held during these imports,
minus that during an import of a tenth of the rows.

    .venv/bin/python -m bench.import --alone --rows 1000000

Only one import of a very large file, without COPY: shows that it succeeds, its speed and its memory.
"""

import argparse
import asyncio
import csv
import io
import json
import time
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID, uuid4

import asyncpg

from bench.report import progress, result
from bench.servers.api import Api, api
from bench.servers.rig import Rig, new_tenant, rig
from cadenza.exit import run_and_leave

ROUNDS = 3
SMALLER = 10
HEADER = ["Email", "First name", "Last name", "Company", "Title", "Phone", "Time zone", "Tags", "Plan", "Employees"]
COLUMNS = ["tenant_id", "email", "first_name", "last_name", "company", "title", "phone", "timezone", "tags", "custom"]
FIRST = ["Ada", "Grace", "Édouard", "Zoë", "Barbara", "Łukasz", "Margaret", "Radia"]
LAST = ["Lovelace", "Hopper", "Müller", "O'Brien", "Liskov", "Nowak", "Hamilton", "Perlman"]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", ""]
TAGS = [["trial"], ["vip", "berlin"], []]
PLANS = ["pro", "free", "team"]
PEAK_SECONDS = 0.02

MAKE_BARE = """
DROP TABLE IF EXISTS bare;
CREATE TABLE bare (LIKE leads INCLUDING ALL);
ALTER TABLE bare ADD FOREIGN KEY (tenant_id) REFERENCES tenants (id),
                 ADD FOREIGN KEY (tenant_id, owner_id) REFERENCES users (tenant_id, id);
"""


def row(number: int) -> list[str]:
    """Returns a row as a spreadsheet would have it."""
    company = f"Company {number % 9973}, Ltd" if number % 5 == 0 else f"Company {number % 9973}"
    return [
        f"Lead.{number}@company{number % 9973}.example",
        FIRST[number % len(FIRST)],
        LAST[number // 8 % len(LAST)],
        company,
        "Head of Sales" if number % 3 else "",
        f"+49 30 {number:07d}",
        ZONES[number % len(ZONES)],
        ";".join(TAGS[number % len(TAGS)]),
        PLANS[number % len(PLANS)],
        str(number % 5000),
    ]


def lead_file(rows: int) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER)
    writer.writerows(row(number) for number in range(rows))
    return text.getvalue().encode()


def ready_made(tenant_id: UUID, rows: int) -> bytes:
    """Returns the input of COPY: the same values in the columns of `leads`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for number in range(rows):
        email, *plain, tags, plan, employees = row(number)
        custom = json.dumps({"plan": plan, "employees": employees})
        # `force_not_null` makes COPY read an empty unquoted value as an empty string.
        writer.writerow([tenant_id, email.lower(), *plain, f"{{{tags.replace(';', ',')}}}", custom])
    return text.getvalue().encode()


async def bare(servers: Rig, tenant_id: UUID, data: bytes) -> float:
    """Returns the seconds of one COPY, including its commit."""
    connection = await asyncpg.connect(servers.postgres.owner_url)
    try:
        await connection.execute(MAKE_BARE)
        began = time.perf_counter()
        await connection.copy_to_table(
            "bare", source=io.BytesIO(data), columns=COLUMNS, format="csv", force_not_null=COLUMNS[1:8]
        )
        return time.perf_counter() - began
    finally:
        await connection.close()


async def imported(app: Api, tenant_id: UUID, data: bytes, key: str) -> float:
    """Returns the seconds of one import over HTTP. Every row must have been `created` or `updated`, as given by
    `key`."""
    async with app.tenant(tenant_id) as http:
        began = time.perf_counter()
        answer = await http.post("/leads/import", content=data, headers={"Content-Type": "text/csv"}, timeout=900)
        seconds = time.perf_counter() - began
    answer.raise_for_status()
    report = answer.json()
    assert report[key] == data.count(b"\n") - 1, report
    assert (report["rejected_count"], report["warnings_count"]) == (0, 0), report
    return seconds


async def most_memory(app: Api, work: Callable[[], Awaitable[float]]) -> tuple[float, float]:
    """Returns the result of `work` and the most MB that the API's process held meanwhile."""
    task, most = asyncio.ensure_future(work()), app.rss_mb
    while not task.done():
        await asyncio.wait([task], timeout=PEAK_SECONDS)
        most = max(most, app.rss_mb)
    return await task, most


async def alone(rows: int) -> None:
    async with rig() as servers, api(servers, f"app-{uuid4()}") as app:
        smaller, tenant_id = lead_file(rows // SMALLER), await new_tenant(servers.database)
        _, before = await most_memory(app, partial(imported, app, tenant_id, smaller, "created"))
        progress(f"a tenth is imported, with at most {before:.0f} MB")
        file, tenant_id = lead_file(rows), await new_tenant(servers.database)
        seconds, most = await most_memory(app, partial(imported, app, tenant_id, file, "created"))
    figures = {
        "rows": rows,
        "file_mb": round(len(file) / 2**20, 1),
        "seconds": round(seconds, 1),
        "import_rows_per_s": round(rows / seconds),
        "rss_mb": round(most, 1),
        "rss_mb_growth": round(most - before, 1),
    }
    result("import", figures)


async def main(rows: int) -> None:
    file = lead_file(rows)
    seconds = {"copy": 0.0, "import": 0.0, "again": 0.0}
    async with rig() as servers, api(servers, f"app-{uuid4()}") as app:
        smaller, tenant_id = lead_file(rows // SMALLER), await new_tenant(servers.database)
        _, before = await most_memory(app, partial(imported, app, tenant_id, smaller, "created"))
        most = before
        for _ in range(ROUNDS):
            tenant_id = await new_tenant(servers.database)
            seconds["copy"] += await bare(servers, tenant_id, ready_made(tenant_id, rows))
            for name, key in (("import", "created"), ("again", "updated")):
                took, peak = await most_memory(app, partial(imported, app, tenant_id, file, key))
                seconds[name] += took
                most = max(most, peak)
            so_far = ", ".join(f"{name} {sum_of:.1f} s" for name, sum_of in seconds.items())
            progress(f"so far: {so_far}, at most {most:.0f} MB")
    figures = {
        "rows": rows,
        "copy_rows_per_s": round(rows * ROUNDS / seconds["copy"]),
        "import_rows_per_s": round(rows * ROUNDS / seconds["import"]),
        "ratio": round(seconds["import"] / seconds["copy"], 2),
        "again_ratio": round(seconds["again"] / seconds["copy"], 2),
        "rss_mb": round(most, 1),
        "rss_mb_growth": round(most - before, 1),
    }
    result("import", figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--alone", action="store_true", help="one import, without the COPY to compare with")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run((alone if given.alone else main)(given.rows)))
