#!/bin/sh
# Input: a DATABASE_URL whose query repeats what its address says: ?host=, ?port=, ?user= and the database's name.
# A good guess: either the address wins or the query does, and on both backends of Django alike.
# What happens: on MySQL the query wins over everything. On PostgreSQL the address wins for host, port and user. There the
# query wins for the database's name alone, so two URLs that look like one server's may be two databases.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet "django==5.2.9" "dj-database-url==3.1.2" "psycopg[binary]==3.3.2" "pymysql==1.1.2"
"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import dj_database_url
import django
import pymysql
from django.conf import settings

pymysql.version_info = (2, 2, 7, "final", 0)  # PyMySQL in place of mysqlclient: the script only makes parameters
pymysql.install_as_MySQLdb()
settings.configure()
django.setup()
from django.db.backends.mysql.base import DatabaseWrapper as MySQL
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL

DEFAULTS = {"TIME_ZONE": None, "OPTIONS": {}, "CONN_MAX_AGE": 0, "NAME": "", "USER": "", "PASSWORD": "", "HOST": "", "PORT": ""}
URL = "{}://first:pw@one.example:1111/first?host=two.example&port=2222&user=second&{}=second"
EXPECTED = {"postgres": ("one.example", 1111, "first", "second"), "mysql": ("two.example", 2222, "second", "second")}


def connects_to(backend, url):
    parameters = backend({**DEFAULTS, **dj_database_url.parse(url)}, "any").get_connection_params()
    name = parameters.get("dbname", parameters.get("database", parameters.get("db")))
    return parameters["host"], int(parameters["port"]), parameters["user"], name


for package in ("django", "dj-database-url", "psycopg", "pymysql"):
    print(package, version(package))
seen = {
    "postgres": connects_to(PostgreSQL, URL.format("postgres", "dbname")),
    "mysql": connects_to(MySQL, URL.format("mysql", "database")),
}
for kind, place in seen.items():
    print(f"{kind}: host, port, user, database = {place}")
sys.exit(seen != EXPECTED)
PYTHON
