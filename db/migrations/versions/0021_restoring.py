"""After a restore: which tenants have anything on its way."""

from db.migrations.files import run_file

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0021_restoring.sql")
