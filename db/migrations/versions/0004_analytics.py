"""Analytics: the log in months, `sequence_performance` and what keeps it fresh."""

from db.migrations.files import run_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0004_log_months.sql")
    run_file("0004_analytics.sql")
