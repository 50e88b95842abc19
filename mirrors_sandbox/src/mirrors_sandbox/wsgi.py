"""The sandbox's WSGI application, for waitress."""

import os

from django.core.wsgi import get_wsgi_application

from mirrors_sandbox.reset import resetting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mirrors_sandbox.settings")

application = resetting(get_wsgi_application())
