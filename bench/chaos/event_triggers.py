"""Triggers that record events in the same transaction, so that nothing must be inferred from timestamps.

`chaos_notes`: each change of a message's status, and each outcome that was found to be unknown, with the client port of
the connection, which identifies the process. `chaos_let_go`: the messages of an enrollment that had been handed over,
or were being handed over, when it was stopped.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from cadenza.settings import asyncpg_url

TRIGGERS = (
    """
    CREATE TABLE chaos_notes (
        at timestamptz NOT NULL, message_id uuid NOT NULL, what text NOT NULL, port integer)
    """,
    "CREATE TABLE chaos_let_go (enrollment_id uuid PRIMARY KEY, at timestamptz NOT NULL, message_ids text[] NOT NULL)",
    "CREATE TABLE chaos_naive (email text, step text, PRIMARY KEY (email, step))",
    "GRANT INSERT, SELECT ON chaos_notes, chaos_let_go, chaos_naive TO cadenza_app",
    """
    CREATE FUNCTION chaos_note_status() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chaos_notes VALUES (clock_timestamp(), NEW.id, NEW.status, inet_client_port());
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER chaos_note_status AFTER UPDATE ON messages FOR EACH ROW
        WHEN (NEW.status <> OLD.status) EXECUTE FUNCTION chaos_note_status()
    """,
    """
    CREATE FUNCTION chaos_note_unknown() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chaos_notes VALUES (clock_timestamp(), (NEW.detail->>'message_id')::uuid,
                                        'unknown, ' || (NEW.detail->>'then'), inet_client_port());
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER chaos_note_unknown AFTER INSERT ON sequence_execution_log FOR EACH ROW
        WHEN (NEW.event = 'email_outcome_unknown') EXECUTE FUNCTION chaos_note_unknown()
    """,
    """
    CREATE FUNCTION chaos_note_let_go() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO chaos_let_go
        SELECT NEW.id, clock_timestamp(), coalesce(array_agg(rfc_message_id), '{}') FROM messages
         WHERE tenant_id = NEW.tenant_id AND enrollment_id = NEW.id AND status IN ('sending', 'sent', 'unknown');
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER chaos_note_let_go AFTER UPDATE ON lead_sequence_state FOR EACH ROW
        WHEN (NEW.status = 'stopped' AND OLD.status <> 'stopped') EXECUTE FUNCTION chaos_note_let_go()
    """,
)


async def create_event_triggers(owner_url: str) -> None:
    """Creates the triggers as the owner of the schema."""
    engine = create_async_engine(asyncpg_url(owner_url))
    async with engine.begin() as connection:
        for statement in TRIGGERS:
            await connection.execute(text(statement))
    await engine.dispose()
