"""Tenants, their API keys, their users."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, Uuid, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, EmptyObject, EmptyText, Row, TenantKey, Timestamp


class Tenant(Base):
    __tablename__ = "tenants"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, server_default=func.gen_random_uuid())
    name: Mapped[str]
    postal_address: Mapped[EmptyText]
    operator: Mapped[bool] = mapped_column(server_default=text("false"))
    """This tenant runs the installation. Only it may create tenants."""
    webhook_secret: Mapped[str] = mapped_column(server_default=func.new_webhook_secret())
    """Signs the requests of `webhook` actions."""
    settings: Mapped[EmptyObject]
    """See domain/access/tenant_policy.py."""
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]


class ApiKey(Row, Base):
    """Only the SHA-256 of a key is stored. `prefix` lets a person tell keys apart."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash", name="api_keys_key_hash_key"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    prefix: Mapped[str]
    key_hash: Mapped[bytes]
    scopes: Mapped[list[str]]
    created_at: Mapped[Timestamp]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class User(Row, Base):
    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("tenant_id", "email", name="users_email_key"),
        Index("users_by_email", "email", postgresql_where=text("password_hash IS NOT NULL")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str]
    name: Mapped[EmptyText]
    role: Mapped[str] = mapped_column(server_default="read")
    password_hash: Mapped[str | None] = mapped_column(deferred=True)
    """Only `find_passwords` reads it."""
    password_set_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]


class IdempotencyKey(TenantKey, Base):
    """The answer to a request with an Idempotency-Key, given again when the request is repeated."""

    __tablename__ = "idempotency_keys"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    status_code: Mapped[int | None]
    response: Mapped[Any | None] = mapped_column(JSONB)
    created_at: Mapped[Timestamp]
