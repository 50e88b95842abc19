"""A linter for this project's English: ``python -m tools.prose [PATH …]``. ``rules.toml`` has its rules."""
