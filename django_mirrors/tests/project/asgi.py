"""What an ASGI server loads, as the documentation says."""

from __future__ import annotations

from django_mirrors.asgi import get_asgi_application

application = get_asgi_application()
