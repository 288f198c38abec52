"""Versions that leads move between: removed steps, laps, events that are waited for."""

from db.migrations.files import run, run_file

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOVES = (
    "overdue_enrollments",
    "claim_outbox",
    "settle_outbox",
    "postpone_outbox",
    "note_step_error",
    "fail_lead_sequence",
    "hold_lead_sequence",
    "resume_lead_sequence",
    "pause_lead_sequence",
    "advance_to_next_step",
    "release_message",
    "mark_sending",
    "reserve_message",
    "stop_lead_sequence",
    "load_enrollment",
    "load_plan",
    "is_suppressed",
    "enroll_lead_in_sequence",
    "enrollment_directive",
    "described_directive",
    "enrollment_now",
    "tell_workflow",
    "log_decisions",
    "log_move",
    "lock_enrollment",
)


def upgrade() -> None:
    run_file("0002_versions.sql")


def downgrade() -> None:
    run_file("0002_versions_down.sql")
    # The functions as 0001 has them: those that find keys and work stay, which belong to another role.
    run("DROP FUNCTION " + ", ".join(MOVES))
    run_file("0001_functions.sql")
