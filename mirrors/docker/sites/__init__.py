"""The resources that a program declares: network, image, database, and the container of each site."""
