"""A client of Divio's API v3: the subset that fleets need, and the only code that speaks HTTP to a platform."""
