"""How the server itself reads the options in a DSN, and where a DSN's query wins: on a real PostgreSQL."""

import dj_database_url
import psycopg
import pytest

from mirrors.planning.variables.dsn import read_service
from mirrors.planning.variables.dsn.libpq import parse_search_path
from tests.django.postgres import Postgres


@pytest.mark.parametrize(
    "options",
    [
        "-csearch_path=a",
        "-c search_path=A,b",
        "-c  search_path=a\\ ,\\ b",
        "--search-path=a",
        "--SEARCH_PATH=a -c statement_timeout=5s",
        "-c search_path=a -c search_path=b",
        '-c search_path="A",b',
        '-c search_path="a\\ b"',
    ],
)
def test_the_search_path_is_the_servers(postgres: Postgres, options: str) -> None:
    """Compared as the schemas that the server looks in: it shows the text as it was given."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True, options=options) as connection:
        for schema in ("a", "b", "A", "a b"):
            connection.execute(psycopg.sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(psycopg.sql.Identifier(schema)))
        found = connection.execute("SELECT array_to_string(current_schemas(false), '|')").fetchone()
    assert found is not None
    assert "|".join(name.strip('"') for name in (parse_search_path(options) or "").split(",")) == found[0]


@pytest.mark.parametrize("query", ["dbname=template1", "host=nowhere.invalid", "port=1", "hostaddr=127.0.0.1"])
def test_a_query_wins_where_the_server_says_so(postgres: Postgres, query: str) -> None:
    dsn = f"{postgres.url('postgres')}?{query}"
    entry = dj_database_url.parse(dsn)
    given = {"dbname": entry["NAME"], **entry["OPTIONS"], "host": entry["HOST"], "port": entry["PORT"]}
    with psycopg.connect(user="postgres", password="any", **given) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
        service = read_service(dsn)
        assert row is not None
        assert service is not None
        [server] = service.servers
        assert (row[0], connection.info.hostaddr, connection.info.port) == (service.name, server.host, server.port)
