"""The words of problems with the configuration."""
