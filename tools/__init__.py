"""The programs that ``make`` runs: none of them is part of the installed library."""
