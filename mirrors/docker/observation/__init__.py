"""The containers that a stack has, as they are now, and what the reports say about them."""
