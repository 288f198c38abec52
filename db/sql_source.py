"""`db/sql`: the present text of every SQL function, view and trigger, and how it is applied to a database.

`bring_up_to_date` runs the whole folder in one transaction and records its hash in the table `applied_sql`. Every
process looks for its own hash when it starts (db/schema_check.py). docs/code-versions.md says what that guarantees.
"""

import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

FOLDER = Path(__file__).parent / "sql"
FILES = (
    "rows.sql",
    "mailboxes.sql",
    "enrolling.sql",
    "slots.sql",
    "slot_triggers.sql",
    "gate.sql",
    "steering.sql",
    "events.sql",
    "performing.sql",
    "erasing.sql",
    "outbox.sql",
    "webhooks.sql",
    "analytics.sql",
    "log.sql",
    "triggers.sql",
    "access.sql",
)
"""The order matters: Postgres checks that everything that the body of an SQL function names exists."""

# For each function, view and trigger: its name as DROP expects it, its definition, and whether this transaction has
# written it. Triggers of partitions are left out, because Postgres copies them from the partitioned table.
DEFINITIONS = """
    SELECT 'FUNCTION ' || p.oid::regprocedure AS object,
           concat_ws(' ', pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner),
                     coalesce(p.proacl, acldefault('f', p.proowner))) AS definition,
           p.xmin = pg_current_xact_id()::xid AS written
      FROM pg_proc p
     WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
     UNION ALL
    SELECT 'VIEW ' || c.oid::regclass,
           concat_ws(' ', pg_get_viewdef(c.oid), c.reloptions, pg_get_userbyid(c.relowner),
                     coalesce(c.relacl, acldefault('r', c.relowner))),
           r.xmin = pg_current_xact_id()::xid
      FROM pg_class c JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
     UNION ALL
    SELECT 'TRIGGER ' || quote_ident(t.tgname) || ' ON ' || t.tgrelid::regclass, pg_get_triggerdef(t.oid),
           t.xmin = pg_current_xact_id()::xid
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgparentid = 0
"""
_CATALOG = f"""
    SELECT md5(string_agg(d.object || d.definition, ' ' ORDER BY d.object)) FROM ({DEFINITIONS}) d
     WHERE d.object = ANY (%s)
"""
_WRITTEN = f"SELECT coalesce(array_agg(d.object ORDER BY d.object), '{{}}') FROM ({DEFINITIONS}) d WHERE d.written"


def texts(folder: Path = FOLDER) -> dict[str, str]:
    """Returns the files of the folder by name, in the order in which they are run."""
    return {name: (folder / name).read_text(encoding="utf-8") for name in FILES}


def digest(folder: Path = FOLDER) -> str:
    """Returns the hash of the folder, computed from the names and texts of its files."""
    whole = hashlib.sha256()
    for name, sql in texts(folder).items():
        whole.update(f"{name}\0{sql}\0".encode())
    return whole.hexdigest()


def bring_up_to_date(connection: Connection, folder: Path = FOLDER) -> bool:
    """Makes the database's functions, views and triggers those of the folder. Returns False if they are so already.

    The caller holds a lock against concurrent calls, and commits. What an earlier text defined and this one does not is
    dropped. Objects that neither has defined, such as an operator's own function, are left alone.
    """
    hash_ = digest(folder)
    if _is_applied(connection, hash_):
        return False
    cursor = connection.connection.cursor()  # the driver's: without parameters, a percent sign needs no escape
    for sql in texts(folder).values():
        cursor.execute(sql)
    objects: list[str] = _value(cursor, _WRITTEN)
    earlier: list[str] = _value(
        cursor, "SELECT coalesce(array_agg(DISTINCT o), '{}') FROM applied_sql, unnest(objects) o"
    )
    for kind in ("TRIGGER ", "VIEW ", "FUNCTION "):  # in an order in which nothing that is still needed is dropped
        for gone in sorted(set(earlier) - set(objects)):
            if gone.startswith(kind):
                cursor.execute(f"DROP {kind} IF EXISTS {gone.removeprefix(kind)}")
    # Delete the texts of releases that may not run on this database any more: later releases, whose text was replaced
    # by this one, and releases that need an object that was dropped. Their processes must not start.
    cursor.execute(
        "DELETE FROM applied_sql WHERE id > (SELECT id FROM applied_sql WHERE hash = %s) OR EXISTS ("
        "SELECT FROM unnest(objects) o WHERE o NOT LIKE 'TRIGGER %%' AND o <> ALL (%s))",
        (hash_, objects),
    )
    cursor.execute(
        "INSERT INTO applied_sql (hash, objects, catalog) VALUES (%s, %s, %s) ON CONFLICT (hash) DO UPDATE"
        " SET objects = excluded.objects, catalog = excluded.catalog, applied_at = now()",
        (hash_, objects, _value(cursor, _CATALOG, (objects,))),
    )
    cursor.close()
    return True


def _is_applied(connection: Connection, hash_: str) -> bool:
    """Whether this text was the last one applied, and none of its objects has been changed by hand since."""
    newest = connection.execute(text("SELECT hash, objects, catalog FROM applied_sql ORDER BY id DESC LIMIT 1")).first()
    if newest is None or newest.hash != hash_:
        return False
    cursor = connection.connection.cursor()
    unchanged = _value(cursor, _CATALOG, (newest.objects,)) == newest.catalog
    cursor.close()
    return unchanged


def _value(cursor: Any, statement: str, parameters: tuple[Any, ...] | None = None) -> Any:
    cursor.execute(statement, parameters)
    return cursor.fetchone()[0]
