"""Names of environment variables that mean something to Mirrors. The configuration and the planner share them."""

SITE_ID = "SITE_ID"
MIRRORS_APPLICATION = "MIRRORS_APPLICATION"
DATABASE_URL = "DATABASE_URL"
STORAGE_DSN = "DEFAULT_STORAGE_DSN"
DOMAIN = "DOMAIN"

SITE_VARIABLES = (SITE_ID, MIRRORS_APPLICATION)
"""The variables that differ at each mirror. They are plain on the platform, so that Mirrors can read them back."""
