"""The application that the server process serves; see the Procfile."""

import os

from django_mirrors.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "press.settings")

application = get_wsgi_application()
