"""Sites that share one database: each registered, none mistaken for another, no migration that breaks the others."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
