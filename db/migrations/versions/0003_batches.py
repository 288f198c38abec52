"""Batches: many leads enrolled, moved, paused, resumed or stopped piece by piece; the enrollment policy."""

from db.migrations.files import run_file

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0003_batches.sql")
