"""Functions, views and triggers move to `db/sql`: which text of it the database has."""

from db.migrations.files import run_file

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0024_applied_sql.sql")
