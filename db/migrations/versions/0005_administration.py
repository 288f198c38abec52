"""Administration: webhook endpoints and their deliveries, notifications, tenants' settings, tracking tokens."""

from db.migrations.files import run_file

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0005_administration.sql")
