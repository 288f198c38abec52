"""Checks once, when a process starts, whether the database suits this release."""

from sqlalchemy import ARRAY, Text, bindparam, text

from db import sql_source
from db.models import Base
from db.session import Database
from domain.errors import DomainError

# A newer schema contains more than this, and suits, too.
_LACKING = text("""
    SELECT needed.relation || '.' || needed.name
      FROM unnest(:relations, :names) AS needed (relation, name)
     WHERE NOT EXISTS (
           SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(needed.relation) AND attname = needed.name AND NOT attisdropped)
     LIMIT 1
""").bindparams(bindparam("relations", type_=ARRAY(Text)), bindparam("names", type_=ARRAY(Text)))
# Rows of `applied_sql` are the texts that the database suits: the present one, and earlier ones from which no function
# was dropped since.
_SUITS = text("SELECT EXISTS (SELECT FROM applied_sql WHERE hash = :hash)")


class OldSchema(DomainError):
    """A table or a column that this release uses is missing, or its SQL functions are not those of this release.

    Without this error, only some requests would fail.
    """

    code = "database_not_migrated"
    status = 500
    title = "The database is older than this release"
    remedy = "Run `cadenza migrate` before you start the processes of a new release."
    retryable = False


async def refuse_old_schema(database: Database) -> None:
    """Raises `OldSchema` if `cadenza migrate` of this release has not been run.

    A database that a newer release has migrated since is suitable as long as it still contains what this release needs.
    """
    needed = [(table.name, column.name) for table in Base.metadata.tables.values() for column in table.columns]
    relations, names = zip(*needed, strict=True)
    lacking = await database.call(_LACKING, {"relations": list(relations), "names": list(names)})
    if lacking is not None:
        raise OldSchema(f"{lacking} is not there: run `cadenza migrate` first")
    if not await database.call(_SUITS, {"hash": sql_source.digest()}):
        raise OldSchema("the SQL functions of the database are not those of this release: run `cadenza migrate` first")
