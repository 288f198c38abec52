"""How far each watched inbox has been read."""

from db.migrations.files import run_file

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0009_inboxes.sql")
