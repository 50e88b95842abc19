"""The project's files: what is written there, and what arrives from it."""
