"""What a dispatcher asks many times a second, as one call."""

from db.migrations.files import run_file

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0019_count_due.sql")
