"""What is overdue is found by an index."""

from db.migrations.files import run_file

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0014_overdue.sql")


def downgrade() -> None:
    run_file("0014_overdue_down.sql")
