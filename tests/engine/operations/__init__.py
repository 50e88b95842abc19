"""Causes the trouble that the page for whoever is on call is about."""
