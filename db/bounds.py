"""How long a frozen process of ours (stopped, swapped out, cut off) may keep others waiting.

The worker's calls (db/call_pool.py) are single statements, which Postgres finishes and commits by itself. Only a
session between two statements can hold a lock while it sends nothing.
"""

from collections.abc import Mapping

IDLE_IN_TRANSACTION_SECONDS = 15
"""After this time Postgres ends a session that is silent within a transaction. Its locks are released and its writes
are undone. Work between two statements (an import parses a thousand rows) takes less time."""
LOCK_SECONDS = 20
"""Longer than the time above, so that a waiting statement outlasts a frozen lock holder. After this time the statement
fails (55P03) and is tried again."""

SESSION_SETTINGS: Mapping[str, str] = {
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
}
