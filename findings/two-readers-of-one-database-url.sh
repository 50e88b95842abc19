#!/bin/sh
# Input: one DATABASE_URL with a "+" in the database's name, or with a socket's folder as a percent-encoded host.
# A good guess: the two usual readers of DATABASE_URL hand Django the same connection.
# What happens: dj-database-url keeps "+" and decodes the host. django-environ makes "+" a blank and leaves the host
# encoded. A project that changes its reader connects to another database, or to a host named "%2Fvar%2Frun".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet "django==5.2.9" "dj-database-url==3.1.2" "django-environ==0.14.0" "psycopg[binary]==3.3.2"
"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import dj_database_url
import django
import environ
from django.conf import settings

settings.configure()
django.setup()
from django.db.backends.postgresql.base import DatabaseWrapper

DEFAULTS = {"TIME_ZONE": None, "OPTIONS": {}, "CONN_MAX_AGE": 0, "NAME": "", "USER": "", "PASSWORD": "", "HOST": "", "PORT": ""}
READERS = {"dj-database-url": dj_database_url.parse, "django-environ": environ.Env.db_url_config}
EXPECTED = {
    "postgres://u:p@db.example/acme+live": {"dj-database-url": ("db.example", "acme+live"), "django-environ": ("db.example", "acme live")},
    "postgres://u:p@%2Fvar%2Frun/acme": {"dj-database-url": ("/var/run", "acme"), "django-environ": ("%2Fvar%2Frun", "acme")},
}


def connects_to(url, read):
    parameters = DatabaseWrapper({**DEFAULTS, **read(url)}, "any").get_connection_params()
    return parameters["host"], parameters["dbname"]


for package in ("django", *READERS, "psycopg"):
    print(package, version(package))
seen = {url: {name: connects_to(url, read) for name, read in READERS.items()} for url in EXPECTED}
for url, readings in seen.items():
    for name, (host, database) in readings.items():
        print(f"{url}  {name}: host={host!r} dbname={database!r}")
sys.exit(seen != EXPECTED)
PYTHON
