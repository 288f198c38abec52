"""Versions that leads move between: removed steps, laps, events that are waited for."""

from db.migrations.files import run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0002_versions.sql")
