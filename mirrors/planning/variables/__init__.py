"""Environment variables: names, values, addresses and the writes that set them."""
