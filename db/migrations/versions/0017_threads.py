"""An email of unknown outcome may be continued in its thread."""

from db.migrations.files import run_file

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0017_threads.sql")
