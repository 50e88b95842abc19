"""Which application gets which SITE_ID."""
