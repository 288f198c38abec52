"""Signing in: passwords of people, their invitations, sessions of browsers."""

from db.migrations.files import run_file

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0020_sessions.sql")
