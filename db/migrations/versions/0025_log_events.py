"""The execution log holds no event that `domain.enrollments.log_event` does not name.

The log may have hundreds of millions of rows, and nobody can write to it under the lock that a new constraint needs.
So that lock is held for an instant: the constraint is added NOT VALID, which looks at no row, and is committed. It is
then validated under a lock that lets everybody read and write (SHARE UPDATE EXCLUSIVE). Both reach every month.
"""

from alembic import op

from db.migrations.files import run_file

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_file("0025_log_events.sql")
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE sequence_execution_log VALIDATE CONSTRAINT known_event")
