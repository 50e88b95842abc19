"""A DSN points at what Django's backend connects to, however the DSN is spelled."""

import pytest

from mirrors.planning.variables.dsn import (
    UNREADABLE_IDENTITY,
    identify_comparable_service,
    identify_service,
    is_same_service,
    normalize_identity,
    read_service,
)

PG = "postgres://u:hunter22@"
AZURE = "az://acmetest:hunter22@blob.core.windows.net/media/"
SCHEMA = f"{PG}h/db?options=-csearch_path%3Da"


@pytest.mark.parametrize(
    ("dsn", "identity"),
    [
        (AZURE, "az://acmetest@blob.core.windows.net/media"),
        (f"{PG}/acme?host=/cloudsql/prj:eu:pg-test", "postgres:///acme?host=/cloudsql/prj:eu:pg-test"),
        (f"{PG}%2Fcloudsql%2Fprj%3Aeu%3Apg-test/acme", "postgres:///acme?host=/cloudsql/prj:eu:pg-test"),
        ("postgres:////cloudsql/prj:eu:pg-test/acme", "postgres:///acme?host=/cloudsql/prj:eu:pg-test"),
        (SCHEMA, "postgres://h:5432/db?currentSchema=a"),
        (f"{PG}h/db?currentSchema=a", "postgres://h:5432/db?currentSchema=a"),
        (f"{PG}h/db?options=-c%20statement_timeout%3D5s%20--search-path%3DA", "postgres://h:5432/db?currentSchema=a"),
        (f"{PG}h/db?options=-c%20search_path%3Da%2Cb", "postgres://h:5432/db?currentSchema=a%2Cb"),
        (f"{PG}h:5432/db?host=other&port=1&user=w", "postgres://h:5432/db"),
        (f"{PG}h/db?dbname=x", "postgres://h:5432/x"),
        (f"{PG}h/db?hostaddr=10.0.0.1", "postgres://10.0.0.1:5432/db"),
        (f"{PG}/db?host=h1&host=h2", "postgres://h1:5432/db"),  # to dj-database-url a list, which no driver takes
        (f"{PG}h/db?port=5433", "postgres://h:5433/db"),
        (f"{PG}h2,h1/db", "postgres:///db?host=h1%2Ch2"),
        (f"{PG}h2:2,h1:1/db", "postgres:///db?host=h1%2Ch2&port=1%2C2"),
        (f"{PG}h/a%20b", "postgres://h:5432/a%20b"),
        ("postgres://u:hunter#22@h/db", "postgres://h:5432/db"),
        ("timescale://u:p@h/db", "postgres://h:5432/db"),
        ("timescalegis://u:p@h/db", "postgres://h:5432/db"),
        ("psql://u:p@h/db", "postgres://h:5432/db"),
        ("cockroachdb://u:p@h/db", "postgres://h:5432/db"),
        ("mysql2://u:p@h/db", "mysql://h:3306/db"),
        ("mysqlgis://u:p@h/db?host=other&port=1&database=x", "mysql://other:1/x"),
        ("mysql://u:p@/db?unix_socket=/run/my,sql", "mysql:///db?unix_socket=/run/my%2Csql"),
        ("spatialite:////data/a%20b.db", "sqlite:////data/a%20b.db"),
        ("mssqlms://u:p@h/db", "mssql://h:1433/db"),
        ("oraclegis://u:p@h:1521/orcl", "oracle://h:1521/orcl"),
        ("s3://K:S@bucket.s3.amazonaws.com/", "s3://bucket.s3.amazonaws.com"),
        ("s3://K:S@bucket.s3.eu-central-1.amazonaws.com", "s3://bucket.s3.amazonaws.com"),
        ("s3://K:S@bucket.s3-eu-west-1.amazonaws.com/a,b/", "s3://bucket.s3.amazonaws.com/a%2Cb"),
        ("s3://K:S@bucket.s3.cn-north-1.amazonaws.com.cn", "s3://bucket.s3.amazonaws.com.cn"),
        ("s3://K:S@a.b.sos-ch-gva-2.exo.io:9000/x%20y", "s3://a.b.sos-ch-gva-2.exo.io/x%20y"),
        ("file:///data/my%20media/?url=%2Fmedia%2F", "file:///data/my%20media"),
    ],
)
def test_an_identity_says_where_the_backend_connects(dsn: str, identity: str) -> None:
    assert identify_service(dsn) == identify_comparable_service(dsn) == identity
    assert read_service(identity) == read_service(dsn)
    assert normalize_identity(identity) == identity
    assert not {",", " "} & {*identity}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (AZURE, AZURE.replace("acmetest", "acmelive")),
        (f"{PG}/acme?host=/cloudsql/prj:eu:pg-test", f"{PG}/acme?host=/cloudsql/prj:eu:pg-live"),
        (SCHEMA, SCHEMA.replace("%3Da", "%3Db")),
        (f"{SCHEMA},public", SCHEMA.replace("%3Da", "%3Db,public")),
        (f"{PG}h/db", f"{PG}h/db?dbname=other"),
        (f"{PG}h/db", "mysql://h/db"),
        ("s3://K:S@a.s3.amazonaws.com/", "s3://K:S@a.s3.amazonaws.com.cn/"),
    ],
)
def test_two_places_are_two_services(one: str, other: str) -> None:
    assert is_same_service(read_service(one), read_service(other)) is False


@pytest.mark.parametrize(
    ("dsn", "identity"),
    [
        (f"{PG}h/db?service=prod", "postgres://h:5432/db?service=prod"),
        ("postgres:///acme", "postgres:///acme"),
        ("mysql://u:p@h/db?read_default_file=/etc/my.cnf", "mysql://h:3306/db?read_default_file=/etc/my.cnf"),
        ("oracle://u:p@h/alias", "oracle:///alias"),
        ("s3://K:S@bucket", "s3://bucket"),
        ("gs://K:S@bucket/media", "gs://bucket/media"),
        (f"{PG}h/a+b", UNREADABLE_IDENTITY),  # a blank for django-environ, a plus for dj-database-url
        ("sqlite://:memory:", UNREADABLE_IDENTITY),
        ("postgres://u:p@h1:1,h2:2,h3/db", UNREADABLE_IDENTITY),
        (f"{PG}h:0x1/db", UNREADABLE_IDENTITY),
        ("", UNREADABLE_IDENTITY),
    ],
)
def test_what_something_else_decides_cannot_be_compared(dsn: str, identity: str) -> None:
    assert identify_service(dsn) == identity
    assert identify_comparable_service(dsn) is None
    assert is_same_service(read_service(dsn), read_service(dsn)) is None
    assert normalize_identity(identity) == identity


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{PG}h/db", SCHEMA),
        (f"{PG}h1,h2/db", f"{PG}h2/db"),
        (f"{PG}h/db?options=-csearch_path%3D%22%24user%22", f"{PG}h/db"),
        (SCHEMA, f"{SCHEMA},public"),
        (SCHEMA, SCHEMA.replace("%3Da", "%3Db,a")),
        (f"{PG}h/db", f"{PG}h:6432/db"),
        (f"{PG}/db?host=/cloudsql/prj:eu:pg", f"{PG}/db?host=/cloudsql/prj:eu:pg/"),
    ],
)
def test_what_may_be_one_service_is_not_called_two(one: str, other: str) -> None:
    assert is_same_service(read_service(one), read_service(other)) is None
