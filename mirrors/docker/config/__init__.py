"""The keys below ``docker``, and their rules."""
