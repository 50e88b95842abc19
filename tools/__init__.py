"""What ``make`` runs: none of it is part of the installed library."""
