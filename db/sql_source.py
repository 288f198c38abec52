"""`db/sql`: the present text of every SQL function, view and trigger, and how a database gets it.

`bring_up_to_date` runs the whole folder in one transaction and records its hash in the table `applied_sql`. A process
asks for its own hash when it starts (db/schema_check.py). docs/code-versions.md says what that promises.
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
"""In this order: Postgres checks that what the body of an SQL function names is there."""

# Of each function, view and trigger: how to name it in DROP, what it is, and whether this transaction has written it.
# Not the triggers of partitions, which Postgres copies from their table.
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
    """The files of the folder by their names, in the order in which they are run."""
    return {name: (folder / name).read_text(encoding="utf-8") for name in FILES}


def digest(folder: Path = FOLDER) -> str:
    """The hash of the folder: of its files' names and texts."""
    whole = hashlib.sha256()
    for name, sql in texts(folder).items():
        whole.update(f"{name}\0{sql}\0".encode())
    return whole.hexdigest()


def bring_up_to_date(connection: Connection, folder: Path = FOLDER) -> bool:
    """Makes the database's functions, views and triggers those of the folder. False: they are so already.

    The caller holds a lock against others who do the same, and commits. What an earlier text defined and this one does
    not is dropped. What neither has defined, an operator's own function say, is left alone.
    """
    hash_ = digest(folder)
    if _is_applied(connection, hash_):
        return False
    cursor = connection.connection.cursor()  # the driver's own, without parameters: a percent sign is only that
    for sql in texts(folder).values():
        cursor.execute(sql)
    objects: list[str] = _value(cursor, _WRITTEN)
    earlier: list[str] = _value(
        cursor, "SELECT coalesce(array_agg(DISTINCT o), '{}') FROM applied_sql, unnest(objects) o"
    )
    for kind in ("TRIGGER ", "VIEW ", "FUNCTION "):  # in the order in which none is needed by the next
        for gone in sorted(set(earlier) - set(objects)):
            if gone.startswith(kind):
                cursor.execute(f"DROP {kind} IF EXISTS {gone.removeprefix(kind)}")
    # A release that came after this one has lost its text, and one that needs what was dropped cannot run here any
    # more: processes of either must not start.
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
    """Whether this text was the last to be applied, and nobody has changed anything of it by hand since."""
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
