"""The site that a process is, and what it shares with the others."""
