"""A Docker engine for the tests, and the images that they start: no registry is needed for any of them."""
