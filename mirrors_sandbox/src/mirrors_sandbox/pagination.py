"""DRF's page-number pagination; its sizes are switches, so that a client can be tested with pages of two."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from mirrors_sandbox import fidelity


class SandboxPagination(PageNumberPagination):
    """``count``, ``next``, ``previous``, ``results``; query parameters ``page`` and ``page_size``."""

    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int | None:
        switches = fidelity.current()
        self.page_size = min(switches.page_size_default, switches.page_size_max)
        self.max_page_size: Any = switches.page_size_max
        asked = request.query_params.get(self.page_size_query_param, "")
        if asked.isdecimal() and int(asked) > switches.page_size_max and switches.page_size_beyond_max == "refused":
            raise ValidationError(
                {"page_size": [f"Ensure this value is less than or equal to {switches.page_size_max}."]}
            )
        return super().get_page_size(request)
