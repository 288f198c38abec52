"""What is overdue is found by an index; old answers are forgotten."""

from db.migrations.files import run_file

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0013_scale.sql")
