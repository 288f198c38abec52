"""Circuit breakers, company replies, repeated soft bounces, and letting a held mailbox go on."""

from db.migrations.files import run_file

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0010_stopping.sql")
