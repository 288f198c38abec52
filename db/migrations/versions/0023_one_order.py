"""The enrollment that an event is about is locked in the order of all others."""

from db.migrations.files import run_file

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0023_one_order.sql")
