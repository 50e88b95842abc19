"""The application of an ASGI server, as documented."""

from __future__ import annotations

from django_mirrors.asgi import get_asgi_application

application = get_asgi_application()
