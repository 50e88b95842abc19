"""Reads the page for whoever is on call, and causes the trouble that it is about."""
