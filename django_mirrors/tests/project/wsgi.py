"""The application of a WSGI server, as documented."""

from __future__ import annotations

from django_mirrors.wsgi import get_wsgi_application

application = get_wsgi_application()
