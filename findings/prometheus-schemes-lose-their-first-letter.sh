#!/bin/sh
# Input: a DATABASE_URL with each scheme of django-environ's own table whose name has an underscore: prometheus_postgresql
# and four others, for the backends of django-prometheus.
# A good guess: the URL gives the backend that the table names, as "postgresql" does.
# What happens: an underscore is no character of a URL's scheme, so Python's parser sees none. So django-environ takes the
# whole text for a path, cuts off its first letter, and returns an empty configuration. It raises no error: it warns, and
# the warning shows "rometheus_postgresql://…". A URL with another scheme and the backend given apart
# (engine="django_prometheus.db.backends.postgresql") works.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet "django==5.2.9" "django-environ==0.14.0"
"$dir/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from importlib.metadata import version

from environ import Env

for package in ("django", "django-environ"):
    print(package, version(package))
schemes = sorted(name for name in Env.DB_SCHEMES if "_" in name)
seen = {}
for scheme in schemes:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = Env.db_url_config(f"{scheme}://db.example.com:5432/acme")
    shown = [str(item.message) for item in caught]
    seen[scheme] = (found, any(f"'{scheme[1:]}://" in text for text in shown))
    print(f"{scheme}: in the table {Env.DB_SCHEMES[scheme]!r}, from the URL {found!r}, warning: {shown}")
expected = {scheme: ({}, True) for scheme in schemes}
works = Env.db_url_config("postgresql://db.example.com/acme", engine="django_prometheus.db.backends.postgresql")
print("with engine=:", works["ENGINE"], works["HOST"], works["NAME"])
sys.exit(
    not (len(schemes) == 5 and seen == expected and works["HOST"] == "db.example.com" and "prometheus" in works["ENGINE"])
)
PYTHON
