"""The schema: tables, row level security, the functions that move an enrollment, triggers.

The SQL stands in files of its own beside this one, so that it can be read, and checked, as SQL.
"""

from db.migrations.files import run, run_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cadenza_app') THEN
        CREATE ROLE cadenza_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cadenza_system') THEN
        CREATE ROLE cadenza_system NOLOGIN;
    END IF;
    EXECUTE format('GRANT cadenza_system TO %I', current_user);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the migrating role % needs CREATEROLE, or membership in cadenza_app and cadenza_system',
        current_user;
END $$;
GRANT USAGE ON SCHEMA public TO cadenza_app, cadenza_system;
"""


def upgrade() -> None:
    run(ROLES)
    for name in ("0001_tables.sql", "0001_security.sql", "0001_functions.sql", "0001_triggers.sql"):
        run_file(name)
