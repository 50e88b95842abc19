"""Divio's words in plans and reports."""

from mirrors.planning.platform_words import PlatformWords
from mirrors.planning.site_ids.retirement import GOES_ON

WORDS = PlatformWords(
    targets=("**:Fleet::*", "**:SiteIds::*", "**:Original::*"),
    goes_on=GOES_ON,
    removed="its variables that we created are removed",
    kept="its variables stay as they are on the platform",
)
