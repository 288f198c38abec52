"""Who administered what."""

from db.migrations.files import run_file

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0015_audit_log.sql")
