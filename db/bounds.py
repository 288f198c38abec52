"""How long others may be kept waiting by a process of ours that no longer moves (frozen, swapped out, cut off).

The worker's calls (db/call_pool.py) are one statement each, which Postgres finishes and commits by itself: only a
session between two statements can hold a lock and say nothing.
"""

from collections.abc import Mapping

IDLE_IN_TRANSACTION_SECONDS = 15
"""Postgres ends a session that has said nothing for so long in the middle of its transaction: what it held is free,
and what it had written is gone. Whoever works between two statements (an import parses a thousand rows) takes less."""
LOCK_SECONDS = 20
"""Longer than that, so that whoever waits for a frozen one outlasts it; then it is refused (55P03), and tried again."""

SESSION_SETTINGS: Mapping[str, str] = {
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
}
