-- Inboxes that are watched over IMAP: how far each folder has been read, and what in it could not be.

CREATE TABLE inbox_cursors (
    tenant_id     uuid NOT NULL,
    id            uuid NOT NULL DEFAULT gen_random_uuid(),
    mailbox_id    uuid NOT NULL,
    folder        text NOT NULL,
    -- Server and user name that the numbers belong to: those of another account mean nothing.
    account       text NOT NULL,
    -- RFC 3501 section 2.3.1.1. NULL until the folder was first opened; with another one, UIDs name other messages.
    uid_validity  bigint,
    -- Everything up to here has been read. Moves in the transaction of what the message does, so that a crash repeats
    -- the reading at most.
    last_uid      bigint NOT NULL DEFAULT 0,
    -- While UIDs that have changed are read again: messages that arrived before this day are left out.
    since         date,
    -- The message that is being read, and for which time: the one that always fails must not hold up the others.
    trying_uid    bigint NOT NULL DEFAULT 0,
    attempts      integer NOT NULL DEFAULT 0,
    -- When everything had been read, for the last time.
    read_at       timestamptz,
    -- When its watcher was last alive. A mailbox whose watcher is silent is given another one.
    seen_at       timestamptz NOT NULL DEFAULT now(),
    -- Why it cannot be read at present.
    error_code    text,
    error         text,
    failing_since timestamptz,
    -- When people were told of that, once for as long as it lasts.
    told_at       timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT inbox_cursors_folder_key UNIQUE (tenant_id, mailbox_id, folder),
    FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id) ON DELETE CASCADE
);

-- Messages that were given up, so that a person can look at them in the mailbox.
CREATE TABLE inbox_failures (
    tenant_id    uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    mailbox_id   uuid NOT NULL,
    folder       text NOT NULL,
    uid_validity bigint NOT NULL,
    uid          bigint NOT NULL,
    -- The kind of error, without a word of the message.
    error        text NOT NULL,
    attempts     integer NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT inbox_failures_message_key UNIQUE (tenant_id, mailbox_id, folder, uid_validity, uid),
    FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX inbox_failures_newest ON inbox_failures (tenant_id, mailbox_id, created_at DESC, id DESC);

DO $$
DECLARE
    tenant_table text;
BEGIN
    FOREACH tenant_table IN ARRAY ARRAY['inbox_cursors', 'inbox_failures'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
        EXECUTE format(
            'CREATE POLICY tenant_isolation ON %I
                 USING (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)
                 WITH CHECK (tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid)',
            tenant_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO cadenza_app', tenant_table);
    END LOOP;
END $$;

-- Which mailboxes should be watched and seem not to be: asked for all tenants, by the schedule.
CREATE POLICY watch_lookup ON inbox_cursors FOR SELECT TO cadenza_system USING (true);
GRANT SELECT (tenant_id, mailbox_id, seen_at) ON inbox_cursors TO cadenza_system;
GRANT SELECT (id, imap) ON mailboxes TO cadenza_system;

CREATE FUNCTION unwatched_mailboxes(p_silent interval) RETURNS TABLE (tenant_id uuid, mailbox_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.tenant_id, m.id
      FROM mailboxes m
     WHERE m.imap IS NOT NULL
       AND NOT EXISTS (SELECT FROM inbox_cursors c
                        WHERE c.tenant_id = m.tenant_id AND c.mailbox_id = m.id
                          AND c.seen_at > clock_timestamp() - p_silent)
$$;

GRANT CREATE ON SCHEMA public TO cadenza_system;
ALTER FUNCTION unwatched_mailboxes(interval) OWNER TO cadenza_system;
REVOKE CREATE ON SCHEMA public FROM cadenza_system;
REVOKE ALL ON FUNCTION unwatched_mailboxes(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION unwatched_mailboxes(interval) TO cadenza_app;
