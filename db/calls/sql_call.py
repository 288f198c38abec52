"""The call of an SQL function: its arguments are typed fields and are passed by name."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.call_pool import Call, CallPool
from db.session import Database, ReadSession

T = TypeVar("T")


def call_sql(function: str, /, **arguments: str) -> str:
    """Returns the SQL of a call in named notation. Each argument is an SQL expression: `f(p_a => s.a, p_b => 'x')`."""
    return f"{function}({', '.join(f'{name} => {value}' for name, value in arguments.items())})"


@dataclass(frozen=True, kw_only=True)
class SqlCall(Generic[T]):
    """A call of one function of `db/sql`; T is what it answers.

        @dataclass(frozen=True, kw_only=True)
        class LoadPlan(SqlCall[dict[str, Any]], function="load_plan"):
            tenant_id: UUID
            version_id: UUID

        await LoadPlan(tenant_id=..., version_id=...).via(database.calls)

    The field `version_id` is the parameter `p_version_id`; a parameter that has a default needs no field. Of the class:
    `select` is the statement around the call, `json` names the fields that are JSON, `constants` gives parameters that
    are the same for each call (`{"p_starts": "true"}`).
    """

    function: ClassVar[str]
    _select: ClassVar[str]
    _json: ClassVar[Collection[str]]
    _constants: ClassVar[Mapping[str, str]]

    def __init_subclass__(
        cls,
        *,
        function: str,
        select: str = "SELECT {call}",
        json: Collection[str] = (),
        constants: Mapping[str, str] | None = None,
    ) -> None:
        super().__init_subclass__()
        cls.function = function
        cls._select = select
        cls._json = json
        cls._constants = constants or {}

    async def via(self, calls: CallPool) -> T:
        """Runs it alone, directly through the driver. It takes one round trip, for the hot path
        (docs/decisions/0006)."""
        return self.read(await calls.value(self.call(), vars(self)))

    async def within(self, session: ReadSession) -> T:
        """Runs it in the transaction of the session."""
        return self.read(await session.scalar(self.statement(), vars(self)))

    async def all_within(self, session: ReadSession) -> Sequence[Row[Any]]:
        """Returns all rows of a function that returns a table, in the transaction of the session."""
        return (await session.execute(self.statement(), vars(self))).all()

    async def alone(self, database: Database) -> T:
        """Runs it alone through SQLAlchemy, which detects broken connections first (`Database`, `ask_idle`)."""
        return self.read(await database.call(self.statement(), vars(self)))

    async def all_rows(self, database: Database) -> list[Any]:
        """Returns all rows of a function that returns a table, in a transaction of its own."""
        return await database.rows(self.statement(), vars(self))

    def read(self, answer: Any) -> T:
        """Converts the answer of Postgres to T."""
        return answer

    @classmethod
    @cache
    def statement(cls) -> TextClause:
        """The statement for SQLAlchemy, with `:name` for each argument."""
        types = [bindparam(name, type_=JSONB(none_as_null=True)) for name in cls._json]
        return text(cls._sql()).bindparams(*types)

    @classmethod
    @cache
    def call(cls) -> Call:
        """The statement for the driver, with numbered arguments."""
        return Call(cls._sql())

    @classmethod
    def _sql(cls) -> str:
        arguments = {**cls._constants, **{f"p_{field.name}": f":{field.name}" for field in fields(cls)}}
        return cls._select.format(call=call_sql(cls.function, **arguments))
