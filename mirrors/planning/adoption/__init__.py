"""Mirrors made by hand, and how Mirrors adopts them."""
