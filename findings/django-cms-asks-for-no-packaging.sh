#!/bin/sh
# Input: pip install django-cms in a new virtual environment, and the smallest INSTALLED_APPS of its documentation.
# A good guess: the project starts, since pip has installed what the package asks for.
# What happens: django CMS imports "packaging", which its metadata does not name. Django does not start. Most projects
# never see it: djangocms-versioning, gunicorn or a test tool brings the package.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet "django==5.2.9" "django-cms==5.1.3"
cat > "$dir/start.py" <<'PYTHON'
from importlib.metadata import requires, version

import django
from django.conf import settings

PROCESSORS = ["django.template.context_processors.request", "sekizai.context_processors.sekizai", "cms.context_processors.cms_settings"]
settings.configure(
    SITE_ID=1,
    CMS_CONFIRM_VERSION4=True,
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"context_processors": PROCESSORS}}],
    LANGUAGE_CODE="en",
    LANGUAGES=[("en", "English")],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        *(f"django.contrib.{name}" for name in ("auth", "contenttypes", "sites", "sessions", "messages", "admin")),
        *("cms", "menus", "treebeard", "sekizai"),
    ],
)
declared = any(name.startswith("packaging") for name in requires("django-cms"))
print("django", version("django"), "django-cms", version("django-cms"), "asks for packaging:", declared)
try:
    django.setup()
except ModuleNotFoundError as error:
    print("django.setup():", error)
else:
    print("django.setup(): works")
PYTHON
without=$("$dir/venv/bin/python" "$dir/start.py")
"$dir/venv/bin/pip" install --quiet "packaging==25.0"
with=$("$dir/venv/bin/python" "$dir/start.py" | tail -n 1)
echo "$without"
echo "with packaging 25.0, $with"
echo "$without" | grep -q "asks for packaging: False" &&
    echo "$without" | grep -q "No module named 'packaging'" && [ "$with" = "django.setup(): works" ]
