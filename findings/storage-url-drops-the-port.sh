#!/bin/sh
# Input: a DEFAULT_STORAGE_DSN of a self-hosted S3 with a port, and one of a bucket whose name has ".s3-" in it, which
# AWS allows.
# A good guess: the port is where the storage connects, and the bucket's name is what precedes the endpoint.
# What happens: django-storage-url connects to https on the default port, whatever the DSN says. It cuts at the first
# ".s3-", so another bucket, another region and an endpoint that does not exist come out. It raises no error.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet "django==5.2.9" "django-storage-url==0.12.1" "django-storages[s3]==1.14.6"
"$dir/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import django
from django.conf import settings

settings.configure()
django.setup()
from django_storage_url.base import get_storage

EXPECTED = {
    "s3://key:secret@media.minio.example.com:9000/": ("media", None, "https://minio.example.com/"),
    "s3://key:secret@img.s3-old.s3.eu-west-1.amazonaws.com/": ("img", "old", "https://s3-old.s3.eu-west-1.amazonaws.com/"),
}


def goes_to(dsn):
    storage = get_storage(dsn)
    return storage.bucket_name, storage.region_name, storage.endpoint_url


for package in ("django", "django-storage-url", "django-storages"):
    print(package, version(package))
seen = {dsn: goes_to(dsn) for dsn in EXPECTED}
for dsn, (bucket, region, endpoint) in seen.items():
    print(f"{dsn}  bucket={bucket!r} region={region!r} endpoint={endpoint!r}")
sys.exit(seen != EXPECTED)
PYTHON
