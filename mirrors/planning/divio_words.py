"""Divio's words in plans and reports."""

from mirrors.planning.platform_words import PlatformWords
from mirrors.planning.site_ids.retirement import INSTANCES_GO_ON

DIVIO_WORDS = PlatformWords(
    targets=("**:Fleet::*", "**:SiteIds::*", "**:Original::*"),
    goes_on=INSTANCES_GO_ON,
    removed="Mirrors removes the variables that it created",
    kept="its variables stay as they are on the platform",
)
