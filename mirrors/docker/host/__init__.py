"""The Docker host: the connection to it, and the requests that Pulumi's plugin cannot make."""
