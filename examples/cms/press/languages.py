"""The languages of each site. All sites have the same file: the admin of one shows the pages of all."""

from typing import Any

NAMES = {"en": "English", "de": "Deutsch"}
LANGUAGES_OF_SITE = {1: ["en"], 2: ["de", "en"]}
"""By SITE_ID. The first language of a site has no prefix in its addresses."""

OTHER_SITES = ["en"]


def languages_of(site_id: int) -> list[str]:
    """Return the codes of a site's languages, its own first."""
    return LANGUAGES_OF_SITE.get(site_id, OTHER_SITES)


def cms_languages(site_id: int) -> dict[int, list[dict[str, Any]]]:
    """Return ``CMS_LANGUAGES`` for a process of a site."""
    return {number: [*map(_language, languages_of(number))] for number in {*LANGUAGES_OF_SITE, site_id}}


def _language(code: str) -> dict[str, Any]:
    return {"code": code, "name": NAMES[code], "public": True, "fallbacks": []}
