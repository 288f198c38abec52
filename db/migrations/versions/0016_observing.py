"""What is told of the whole installation, and why an email was put off."""

from db.migrations.files import run_file

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0016_observing.sql")
