"""A sequence that is paused tells its sleepers nothing."""

from db.migrations.files import run_file

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0022_quiet_holds.sql")
