"""SQL of migrations, kept in files of its own so that it can be read, and checked, as SQL."""

from pathlib import Path

from alembic import op

FOLDER = Path(__file__).parent / "sql"


def run(sql: str) -> None:
    """Many statements at once. The driver itself, without parameters: a percent sign is only that."""
    cursor = op.get_bind().connection.cursor()
    cursor.execute(sql)
    cursor.close()


def psycopg_url(url: str) -> str:
    """`postgresql://...` as SQLAlchemy's synchronous driver wants it."""
    scheme, _, rest = url.partition("://")
    dialect = "postgresql" if scheme.startswith("postgres") else scheme
    return f"{dialect}+psycopg://{rest}"


def run_file(name: str) -> None:
    run((FOLDER / name).read_text(encoding="utf-8"))
