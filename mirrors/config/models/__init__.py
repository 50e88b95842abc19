"""The models of the configuration: the keys that users write."""
