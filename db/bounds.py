"""How long others may be kept waiting by a process of ours that no longer moves (frozen, swapped out, cut off).

The worker's calls (db/call_pool.py) are one statement each, which Postgres finishes and commits by itself: only a
session between two statements can hold a lock and say nothing.
"""

from collections.abc import Mapping

IDLE_IN_TRANSACTION_SECONDS = 15
"""After this time Postgres ends a session that is silent in the middle of a transaction. Its locks are released and its
writes undone. Work between two statements (an import parses a thousand rows) takes less."""
LOCK_SECONDS = 20
"""Longer than that, so that a statement outlasts a frozen lock holder. After it the statement fails (55P03) and is
tried again."""

SESSION_SETTINGS: Mapping[str, str] = {
    "idle_in_transaction_session_timeout": f"{IDLE_IN_TRANSACTION_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
}
