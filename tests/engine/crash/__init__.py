"""Kills processes between two HTTP requests, and looks at what is left."""
