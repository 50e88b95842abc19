"""The fleet as containers on a Docker host, declared through ``pulumi-docker``."""
