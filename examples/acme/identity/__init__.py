"""Which site a process is, and what it shares with the others."""
