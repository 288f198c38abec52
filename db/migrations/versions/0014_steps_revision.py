"""The revision of drafted steps."""

from db.migrations.files import run_file

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0014_steps_revision.sql")
