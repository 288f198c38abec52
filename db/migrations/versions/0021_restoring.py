"""Which tenants have leads on their way, for whoever has restored a backup."""

from db.migrations.files import run_file

<<<<<<<< HEAD:db/migrations/versions/0021_restoring.py
revision = "0021"
down_revision = "0020"
========
revision = "0018"
down_revision = "0017"
>>>>>>>> backup:db/migrations/versions/0018_restoring.py
branch_labels = None
depends_on = None


def upgrade() -> None:
<<<<<<<< HEAD:db/migrations/versions/0021_restoring.py
    run_file("0021_restoring.sql")


def downgrade() -> None:
    run_file("0021_restoring_down.sql")
========
    run_file("0018_restoring.sql")


def downgrade() -> None:
    run_file("0018_restoring_down.sql")
>>>>>>>> backup:db/migrations/versions/0018_restoring.py
