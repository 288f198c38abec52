"""Extrapolates the measured cost of one lead to 1, 10 and 100 million leads in flight: which limit is reached first?

    .venv/bin/python -m bench.scale_model
    .venv/bin/python -m bench.scale_model --check

Without `--check` nothing is measured. The model (model.py) computes a table and the figures from costs (costs.py, each
with the command that measured it) and assumptions (assumptions.py). `--check` measures small points on real servers and
prints predicted values divided by measured ones.
"""

import argparse
import asyncio
from dataclasses import asdict, replace
from typing import Any

from bench.report import progress, result
from bench.scale_model.assumptions import Capacity, CloudPrices, LeadPattern
from bench.scale_model.costs import LeadCost, database_bytes
from bench.scale_model.measure import Point, meter
from bench.scale_model.model import Prediction, limits, predict
from bench.servers.rig import rig
from cadenza.exit import run_and_leave

SCALES = (1e6, 10e6, 100e6)
WARM_UP = 30
CHECKED = (500, 2000)


def figures(cost: LeadCost, shape: LeadPattern, capacity: Capacity, prices: CloudPrices) -> dict[str, Any]:
    return {
        f"{leads:.0e}".replace("e+0", "e"): _flat(predict(leads, cost, shape, capacity, prices)) for leads in SCALES
    }


def table(cost: LeadCost, shape: LeadPattern, capacity: Capacity, prices: CloudPrices) -> list[str]:
    """Returns a Markdown table (a row for each figure, a column for each scale), then the limits, most exceeded
    first."""
    found = [predict(leads, cost, shape, capacity, prices) for leads in SCALES]
    flat = [_flat(one) for one in found]
    heads = " | ".join(f"{leads / 1e6:.0f} million" for leads in SCALES)
    lines = [f"| in flight | {heads} |", "|---" * (len(SCALES) + 1) + "|"]
    lines += [f"| `{name}` | " + " | ".join(_short(one[name]) for one in flat) + " |" for name in flat[0]]
    for one in found:
        lines += ["", f"{one.flow.leads_in_flight / 1e6:.0f} million: share of each limit that is used, and the remedy"]
        lines += [f"  {limit.used:10.2f}  {limit.name}: {limit.lever}" for limit in limits(one, capacity)]
    return lines


async def check(leads: tuple[int, ...], cost: LeadCost) -> dict[str, Any]:
    """Measures each number of leads. Returns the model's predictions for one lead divided by the measured values."""
    found: dict[str, Any] = {}
    async with rig() as servers, meter(servers) as measuring:
        await measuring.point(WARM_UP)
        for count in leads:
            point = await measuring.point(count)
            progress(str(asdict(point)))
            found[str(count)] = ratios(point, cost)
    return found


def ratios(point: Point, cost: LeadCost) -> dict[str, float]:
    """Returns predicted divided by measured values per lead. The database bytes are those of the predicted rows."""
    known = {name: cost.rows.get(name, 0) for name in point.rows}
    predicted = {
        "rows": sum(known.values()),
        "database_bytes": database_bytes(known, cost.bytes_per_row),
        "transactions": cost.transactions,
        "updated_rows": cost.updated_rows,
        "wal_bytes": cost.wal_bytes,
        "open_workflow_bytes": cost.open_workflow_bytes,
        "closed_workflow_bytes": cost.closed_workflow_bytes,
    }
    measured = {**asdict(point), "rows": sum(point.rows.values())}
    return {name: round(value / measured[name], 2) for name, value in predicted.items()}


def _flat(one: Prediction) -> dict[str, float]:
    parts = asdict(one)
    mailboxes = parts.pop("mailboxes")
    return {"mailboxes": mailboxes} | {name: value for part in parts.values() for name, value in part.items()}


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def main(given: argparse.Namespace) -> None:
    cost, capacity = LeadCost(), Capacity()
    shape = replace(LeadPattern(), days_in_flight=given.days, emails_per_mailbox_day=given.per_mailbox)
    prices = CloudPrices()
    for line in table(cost, shape, capacity, prices):
        progress(line)
    if given.check:
        result("scale_model", {"predicted_over_measured": asyncio.run(check(tuple(given.leads), cost))})
        return
    result("scale_model", figures(cost, shape, capacity, prices))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="measure small points and compare")
    parser.add_argument("--leads", type=int, nargs="+", default=CHECKED, help="the points of --check")
    parser.add_argument("--days", type=float, default=LeadPattern.days_in_flight, help="days that a lead is in flight")
    parser.add_argument("--per-mailbox", type=float, default=LeadPattern.emails_per_mailbox_day, help="emails a day")
    return parser.parse_args()


if __name__ == "__main__":
    options = arguments()
    run_and_leave(lambda: main(options))
