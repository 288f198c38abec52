"""Send slots: when each mailbox sends, within its caps; rotation; the gate asks for a slot."""

from db.migrations.files import run_file

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0007_slots.sql")
