"""What Mirrors observes on Divio: read-only, as data for the planner."""
