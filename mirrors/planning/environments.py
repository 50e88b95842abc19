"""The names of environments on Divio, and which one has the image of a stack."""

from typing import Literal

from mirrors.config import Settings
from mirrors.config.models.divio import divio_settings_of

CONTROL_PANEL = "the Control Panel"
ENVIRONMENT_TITLES = {"test": "Test", "live": "Live"}


def choose_image_environment(settings: Settings) -> Literal["test", "live"]:
    """Return the name of the original's environment whose image the mirrors of this stack run."""
    return "live" if divio_settings_of(settings).image_from == "live" else settings.environment
