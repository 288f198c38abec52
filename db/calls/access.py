"""access.sql: questions that are asked before a tenant is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from db.calls.sql_call import SqlCall
from db.session import Database

_TENANTS = "SELECT tenant_id FROM {call}"


@dataclass(frozen=True, kw_only=True)
class FindApiKey(
    SqlCall[dict[str, Any] | None],
    function="find_api_key",
    select="""
        SELECT to_jsonb(found) FROM (
            SELECT tenant_id, id, scopes, coalesce(last_used_at < now() - interval '1 minute', true) AS is_to_be_noted
              FROM {call}) found
    """,
):
    """Answers `tenant_id`, `id`, `scopes`, and whether the last use was recorded more than a minute ago. None: no such
    key."""

    key_hash: bytes


@dataclass(frozen=True, kw_only=True)
class FindSession(
    SqlCall[dict[str, Any] | None],
    function="find_session",
    select="""
        SELECT to_jsonb(found) FROM (
            SELECT tenant_id, id, user_id, api_key_id, role, scopes,
                   last_seen_at < now() - interval '1 minute' AS is_to_be_noted
              FROM {call}) found
    """,
):
    """Answers None for a session that is unknown or expired, or whose API key was revoked."""

    token_hash: bytes


@dataclass(frozen=True, kw_only=True)
class FindPasswords(
    SqlCall[None],
    function="find_passwords",
    select="SELECT tenant_id, user_id, password_hash FROM {call} ORDER BY tenant_id",
):
    """Rows: of every tenant, the user with this address (lower case) who has a password."""

    email: str


@dataclass(frozen=True, kw_only=True)
class FindInvitation(SqlCall[None], function="find_invitation", select="SELECT tenant_id, user_id FROM {call}"):
    """At most one row. None for an invitation that is unknown, was used, or has expired."""

    token_hash: bytes


@dataclass(frozen=True, kw_only=True)
class FindInboundTenant(SqlCall[UUID | None], function="find_inbound_tenant"):
    """Answers the tenant that sent one of these messages (the first match counts), else the only tenant with such a
    mailbox."""

    message_ids: Sequence[str]
    addresses: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ForgetOldAnswers(SqlCall[int], function="forget_old_answers"):
    """For all tenants. Answers how many stored answers were deleted. A request that is repeated later is carried out
    again."""

    older_than: timedelta


@dataclass(frozen=True, kw_only=True)
class ForgetOldWebhooks(SqlCall[int], function="forget_old_webhooks"):
    """For all tenants. Answers how many webhook deliveries were deleted."""

    older_than: timedelta


@dataclass(frozen=True, kw_only=True)
class InstallationGauges(SqlCall[dict[str, Any]], function="installation_gauges"):
    """Figures about the whole installation; see `Gauges` in db/queries/gauges.py."""


@dataclass(frozen=True, kw_only=True)
class UnwatchedMailboxes(
    SqlCall[None], function="unwatched_mailboxes", select="SELECT tenant_id, mailbox_id FROM {call}"
):
    """Rows of mailboxes with an inbox whose watcher has shown no activity for `silent`."""

    silent: timedelta


@dataclass(frozen=True, kw_only=True)
class TenantsWithWork(SqlCall[None], function="tenants_with_work", select=_TENANTS):
    """Tenants with a row in the outbox, an open batch without a driver, or a step that has been due for
    `overdue_after`."""

    overdue_after: timedelta


@dataclass(frozen=True, kw_only=True)
class TenantsOnTheWay(SqlCall[None], function="tenants_on_the_way", select=_TENANTS):
    """Tenants with live enrollments or an open batch."""


@dataclass(frozen=True, kw_only=True)
class TenantsWithWebhooks(SqlCall[None], function="tenants_with_webhooks", select=_TENANTS):
    """Tenants with a webhook delivery that is due."""


@dataclass(frozen=True, kw_only=True)
class TenantsChoosingWinners(SqlCall[None], function="tenants_choosing_winners", select=_TENANTS):
    """Tenants with a running sequence that chooses winners automatically."""


@dataclass(frozen=True, kw_only=True)
class TenantsWithSecrets(SqlCall[None], function="tenants_with_secrets", select=_TENANTS):
    """Tenants with a stored password or key."""


async def tenants(
    database: Database,
    question: TenantsWithWork | TenantsOnTheWay | TenantsWithWebhooks | TenantsChoosingWinners | TenantsWithSecrets,
) -> list[UUID]:
    """Returns the tenants' IDs that the call answers."""
    return [row.tenant_id for row in await question.all_rows(database)]
