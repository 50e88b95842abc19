"""Rules about more than one key, and about secrets."""
