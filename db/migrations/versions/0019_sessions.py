"""Signing in: passwords of people, their invitations, sessions of browsers."""

from db.migrations.files import run_file

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0019_sessions.sql")


def downgrade() -> None:
    run_file("0019_sessions_down.sql")
