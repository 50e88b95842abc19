"""Programs of others, unchanged, against this project's: they come from a package index, so tests need the network."""
