#!/bin/sh
# Input: a Django project on MySQL with PyMySQL, through pymysql.install_as_MySQLdb() as its documentation says. Own code
# catches "pymysql.err.OperationalError" around pymysql.connect().
# A good guess: pymysql.err.OperationalError and pymysql.OperationalError are one class, with Django or without.
# What happens: Django's backend imports "MySQLdb.converters". Python executes PyMySQL's modules a second time under that
# name and puts the new ones into the package. From then on pymysql.err is another module, with other classes. The except
# clause no longer catches what pymysql.connect() raises. pymysql.OperationalError is still the right class.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet "django==5.2.9" "pymysql==1.2.4"
"$dir/venv/bin/python" - <<'PYTHON'
import socket
import sys
from importlib.metadata import version

import pymysql
from django.conf import settings
from django.db import connection

with socket.socket() as closed:
    closed.bind(("127.0.0.1", 0))
    port = closed.getsockname()[1]  # nothing listens there


def caught():
    """Return the classes that catch the error of a connection that is refused."""
    try:
        pymysql.connect(host="127.0.0.1", port=port, user="u")
    except Exception as error:
        classes = {"pymysql.err": pymysql.err.OperationalError, "pymysql": pymysql.OperationalError}
        return [name for name, cls in classes.items() if isinstance(error, cls)]


pymysql.install_as_MySQLdb()
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.mysql", "NAME": "acme"}})
before = caught()
connection.vendor  # loads Django's backend, and opens no connection
after = caught()
print("django", version("django"), "pymysql", version("pymysql"))
print("caught by OperationalError of, before Django's backend is loaded:", ", ".join(before))
print("caught by OperationalError of, afterwards:", ", ".join(after), f"(pymysql.err is {pymysql.err.__name__})")
sys.exit((before, after) != (["pymysql.err", "pymysql"], ["pymysql"]))
PYTHON
