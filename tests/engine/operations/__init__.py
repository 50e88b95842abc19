"""Cause the trouble that the page for operators is about."""
