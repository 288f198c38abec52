"""Which tenants have leads on their way, for whoever has restored a backup."""

from db.migrations.files import run_file

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0018_restoring.sql")


def downgrade() -> None:
    run_file("0018_restoring_down.sql")
