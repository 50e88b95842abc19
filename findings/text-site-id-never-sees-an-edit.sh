#!/bin/sh
# Input: SITE_ID = os.environ["SITE_ID"] in the settings of a Django site, without int().
# A good guess: either it fails at once, or it works as the number does.
# What happens: every view works, also Site.objects.get_current(); only "manage.py check" objects (sites.E101). But the
# cache of the sites framework has the text as its key, and saving a Site pops the number. A process does not see an
# edited Site until it is restarted.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet "django==5.2.9"
"$dir/venv/bin/python" - <<'PYTHON'
import sys

import django
from django.conf import settings

settings.configure(
    SITE_ID="1",
    INSTALLED_APPS=["django.contrib.sites"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
from django.contrib.sites.models import Site
from django.core.checks import run_checks
from django.core.management import call_command

print("django", django.get_version())
call_command("migrate", verbosity=0)


def edited(site_id):
    """Return the domain that a process sees after it has looked at its site and someone has saved another domain."""
    settings.SITE_ID = site_id
    Site.objects.clear_cache()
    Site.objects.update_or_create(pk=1, defaults={"domain": "before.example"})
    Site.objects.get_current()
    site = Site.objects.get(pk=1)
    site.domain = "after.example"
    site.save()
    return Site.objects.get_current().domain


settings.SITE_ID = "1"
problems = [problem.id for problem in run_checks()]
seen = {"checks with text": problems, "sees with text": edited("1"), "sees with a number": edited(1)}
for what, value in seen.items():
    print(f"{what}: {value}")
sys.exit(
    seen != {"checks with text": ["sites.E101"], "sees with text": "before.example", "sees with a number": "after.example"}
)
PYTHON
