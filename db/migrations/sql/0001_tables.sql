-- Tables of Cadenza. Every tenant table has the primary key (tenant_id, id), so that a foreign key can never
-- cross tenants, and row level security, which 0001_security.sql adds. Times are UTC.

CREATE TABLE tenants (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name           text NOT NULL,
    postal_address text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    name         text NOT NULL,
    prefix       text NOT NULL,
    key_hash     bytea NOT NULL,
    scopes       text[] NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz,
    PRIMARY KEY (tenant_id, id),
    -- A key is found by its hash before its tenant is known, so the hash is unique across tenants.
    CONSTRAINT api_keys_key_hash_key UNIQUE (key_hash)
);

CREATE TABLE users (
    tenant_id  uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    email      text NOT NULL,
    name       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT users_email_key UNIQUE (tenant_id, email)
);

CREATE TABLE leads (
    tenant_id  uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Normalised (trimmed, lower case) before it is stored: a plain column keeps filters leakproof under RLS.
    email      text NOT NULL,
    first_name text NOT NULL DEFAULT '',
    last_name  text NOT NULL DEFAULT '',
    company    text NOT NULL DEFAULT '',
    title      text NOT NULL DEFAULT '',
    phone      text NOT NULL DEFAULT '',
    timezone   text NOT NULL DEFAULT '',
    status     text NOT NULL DEFAULT 'new',
    owner_id   uuid,
    tags       text[] NOT NULL DEFAULT '{}',
    custom     jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT leads_email_key UNIQUE (tenant_id, email),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES users (tenant_id, id) ON DELETE SET NULL (owner_id)
);
CREATE INDEX leads_newest ON leads (tenant_id, created_at DESC, id DESC);

CREATE TABLE campaigns (
    tenant_id   uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id          uuid NOT NULL DEFAULT gen_random_uuid(),
    name        text NOT NULL,
    description text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE campaign_leads (
    tenant_id   uuid NOT NULL,
    campaign_id uuid NOT NULL,
    lead_id     uuid NOT NULL,
    added_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, campaign_id, lead_id),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX campaign_leads_by_lead ON campaign_leads (tenant_id, lead_id);

CREATE TABLE mailboxes (
    tenant_id  uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    email      text NOT NULL,
    name       text NOT NULL DEFAULT '',
    status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'held')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT mailboxes_email_key UNIQUE (tenant_id, email)
);

CREATE TABLE sequences (
    tenant_id       uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id              uuid NOT NULL DEFAULT gen_random_uuid(),
    name            text NOT NULL,
    description     text NOT NULL DEFAULT '',
    -- draft -> active <-> paused -> archived
    status          text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'active', 'paused', 'archived')),
    settings        jsonb NOT NULL DEFAULT '{}',
    steps_count     integer NOT NULL DEFAULT 0,
    current_version integer,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX sequences_newest ON sequences (tenant_id, created_at DESC, id DESC);

CREATE TABLE sequence_steps (
    tenant_id     uuid NOT NULL,
    id            uuid NOT NULL DEFAULT gen_random_uuid(),
    sequence_id   uuid NOT NULL,
    key           text NOT NULL,
    name          text NOT NULL DEFAULT '',
    type          text NOT NULL,
    position      integer NOT NULL CHECK (position >= 1),
    delay_days    integer NOT NULL DEFAULT 0 CHECK (delay_days >= 0),
    delay_hours   integer NOT NULL DEFAULT 0 CHECK (delay_hours >= 0),
    delay_minutes integer NOT NULL DEFAULT 0 CHECK (delay_minutes >= 0),
    config        jsonb NOT NULL DEFAULT '{}',
    metadata      jsonb NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT sequence_steps_key_key UNIQUE (tenant_id, sequence_id, key),
    -- Deferred, so that one statement may shift the steps behind an inserted one.
    CONSTRAINT sequence_steps_position_key UNIQUE (tenant_id, sequence_id, position)
        DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (tenant_id, sequence_id) REFERENCES sequences (tenant_id, id) ON DELETE CASCADE
);

-- What was published, frozen: leads run on a version, never on the draft.
CREATE TABLE sequence_versions (
    tenant_id    uuid NOT NULL,
    id           uuid NOT NULL DEFAULT gen_random_uuid(),
    sequence_id  uuid NOT NULL,
    version      integer NOT NULL,
    plan         jsonb NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT sequence_versions_version_key UNIQUE (tenant_id, sequence_id, version),
    FOREIGN KEY (tenant_id, sequence_id) REFERENCES sequences (tenant_id, id) ON DELETE CASCADE
);

-- The mirror: where each enrollment stands. The row lock on it orders everything that may happen to a lead.
CREATE TABLE lead_sequence_state (
    tenant_id        uuid NOT NULL,
    id               uuid NOT NULL DEFAULT gen_random_uuid(),
    lead_id          uuid NOT NULL,
    sequence_id      uuid NOT NULL,
    version_id       uuid NOT NULL,
    campaign_id      uuid,
    mailbox_id       uuid,
    batch_id         uuid,
    -- pending -> active <-> paused -> completed | stopped | failed; failed -> active | stopped
    status           text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'active', 'paused', 'completed', 'stopped', 'failed')),
    stop_reason      text,
    -- The place: this step is performed when next_action_at has come.
    current_step_id  uuid,
    next_action_at   timestamptz,
    step_entered_at  timestamptz,
    -- Nothing is performed before this moment, whatever the step says: the lead is out of office.
    hold_until       timestamptz,
    paused_at        timestamptz,
    -- Who paused it: activating a paused sequence lets go only what the sequence itself holds.
    paused_by        text CHECK (paused_by IN ('lead', 'sequence')),
    -- How often each step has taken effect; a loop visits a step again, and each visit may mail once.
    visits           jsonb NOT NULL DEFAULT '{}',
    -- Grows with every change: of two tellings of this row, the one with the higher revision is true.
    revision         bigint NOT NULL DEFAULT 1,
    -- How far the enrollment's own clock runs ahead of the wall's (development: fast-forward).
    clock_offset     interval NOT NULL DEFAULT '0',
    steps_completed  integer NOT NULL DEFAULT 0,
    emails_sent      integer NOT NULL DEFAULT 0,
    emails_opened    integer NOT NULL DEFAULT 0,
    emails_clicked   integer NOT NULL DEFAULT 0,
    emails_replied   integer NOT NULL DEFAULT 0,
    engagement_score integer NOT NULL DEFAULT 0,
    last_activity_at timestamptz,
    error            text,
    enrolled_at      timestamptz NOT NULL,
    ended_at         timestamptz,
    updated_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT ended_has_no_plan CHECK ((ended_at IS NULL) = (status NOT IN ('completed', 'stopped'))),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, sequence_id) REFERENCES sequences (tenant_id, id),
    FOREIGN KEY (tenant_id, version_id) REFERENCES sequence_versions (tenant_id, id),
    FOREIGN KEY (tenant_id, campaign_id) REFERENCES campaigns (tenant_id, id),
    FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id)
);
-- Prevents a lead from being in one sequence twice at a time.
CREATE UNIQUE INDEX lead_sequence_state_live ON lead_sequence_state (tenant_id, lead_id, sequence_id)
    WHERE status IN ('pending', 'active', 'paused', 'failed');
CREATE INDEX lead_sequence_state_by_lead ON lead_sequence_state (tenant_id, lead_id, enrolled_at DESC);
-- With the lead at its end: on fresh tables the planner may prefer it to the one above, and must not pay for that.
CREATE INDEX lead_sequence_state_by_sequence ON lead_sequence_state (tenant_id, sequence_id, status, lead_id);
-- Finds what is overdue without reading what sleeps or has ended.
CREATE INDEX lead_sequence_state_due ON lead_sequence_state (next_action_at)
    WHERE status IN ('pending', 'active');
CREATE INDEX lead_sequence_state_ahead ON lead_sequence_state (next_action_at)
    WHERE status IN ('pending', 'active') AND clock_offset <> '0';

CREATE TABLE messages (
    tenant_id      uuid NOT NULL,
    id             uuid NOT NULL DEFAULT gen_random_uuid(),
    enrollment_id  uuid NOT NULL,
    lead_id        uuid NOT NULL,
    mailbox_id     uuid NOT NULL,
    step_id        uuid NOT NULL,
    visit          integer NOT NULL,
    -- reserved -> sending (just before the final dot) -> sent | unknown (may or may not have left)
    -- reserved -> withdrawn (stopped first) | refused (the server said no, for good)
    status         text NOT NULL DEFAULT 'reserved'
        CHECK (status IN ('reserved', 'sending', 'sent', 'unknown', 'withdrawn', 'refused')),
    rfc_message_id text NOT NULL,
    thread         text[] NOT NULL DEFAULT '{}',
    subject        text NOT NULL,
    reserved_at    timestamptz NOT NULL,
    sending_at     timestamptz,
    -- Which attempt wrote the final dot: only that one may say that nothing came of it.
    attempt_id     uuid,
    sent_at        timestamptz,
    response       text,
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    -- Prevents a duplicate email: one message for each visit of an enrollment to a step.
    CONSTRAINT messages_step_key UNIQUE (tenant_id, enrollment_id, step_id, visit),
    CONSTRAINT messages_rfc_message_id_key UNIQUE (tenant_id, rfc_message_id),
    FOREIGN KEY (tenant_id, enrollment_id) REFERENCES lead_sequence_state (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, mailbox_id) REFERENCES mailboxes (tenant_id, id)
);
-- Finds what was about to leave when something died.
CREATE INDEX messages_unsettled ON messages (tenant_id, sending_at) WHERE status = 'sending';

CREATE TABLE sequence_execution_log (
    tenant_id     uuid NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    enrollment_id uuid NOT NULL,
    sequence_id   uuid NOT NULL,
    lead_id       uuid NOT NULL,
    step_id       uuid,
    event         text NOT NULL,
    detail        jsonb NOT NULL DEFAULT '{}',
    -- On the enrollment's own clock.
    occurred_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, enrollment_id) REFERENCES lead_sequence_state (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sequence_execution_log_by_enrollment ON sequence_execution_log (tenant_id, enrollment_id, id);
CREATE INDEX sequence_execution_log_by_lead ON sequence_execution_log (tenant_id, lead_id, id);

CREATE TABLE lead_engagement (
    tenant_id     uuid NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    lead_id       uuid NOT NULL,
    enrollment_id uuid,
    message_id    uuid,
    step_id       uuid,
    type          text NOT NULL,
    name          text,
    machine       boolean NOT NULL DEFAULT false,
    detail        jsonb NOT NULL DEFAULT '{}',
    -- The sender's own ID of the event: telling it twice records it once.
    event_id      text,
    occurred_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT lead_engagement_event_id_key UNIQUE (tenant_id, event_id),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, enrollment_id) REFERENCES lead_sequence_state (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX lead_engagement_by_enrollment ON lead_engagement (tenant_id, enrollment_id);
CREATE INDEX lead_engagement_by_lead ON lead_engagement (tenant_id, lead_id, id);

CREATE TABLE suppressions (
    tenant_id  uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid NOT NULL DEFAULT gen_random_uuid(),
    kind       text NOT NULL CHECK (kind IN ('address', 'domain')),
    value      text NOT NULL,
    reason     text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT suppressions_value_key UNIQUE (tenant_id, kind, value)
);

-- What Temporal must still be told. Written in the transaction of the fact, removed when it was delivered.
CREATE TABLE outbox (
    tenant_id     uuid NOT NULL,
    id            bigint GENERATED ALWAYS AS IDENTITY,
    enrollment_id uuid NOT NULL,
    command       text NOT NULL,
    attempts      integer NOT NULL DEFAULT 0,
    last_error    text,
    -- A dispatcher that took the row holds it until then; after a crash somebody else takes it.
    leased_until  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, enrollment_id) REFERENCES lead_sequence_state (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX outbox_by_enrollment ON outbox (tenant_id, enrollment_id, id);

-- The answer to a request that carried an Idempotency-Key, given again when it is repeated.
CREATE TABLE idempotency_keys (
    tenant_id    uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    key          text NOT NULL,
    request_hash bytea NOT NULL,
    status_code  integer,
    response     jsonb,
    created_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key)
);
