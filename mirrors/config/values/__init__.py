"""The types of the configuration's values."""
