"""Erasing a lead keeps what it counted for."""

from db.migrations.files import run_file

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0018_erased.sql")
