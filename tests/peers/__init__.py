"""Programs of others, unchanged, against ours: installed from a package index, so these tests need the network."""
