"""Sites that share one database: registered, never mistaken for each other, protected from each other's migrations."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
