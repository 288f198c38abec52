"""Mailboxes with servers and limits of their own; why a step that is due waits."""

from db.migrations.files import run_file

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0006_mailboxes.sql")
