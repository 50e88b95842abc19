"""The fleet as services of a Docker swarm: each site is one service, and Mirrors waits for its tasks."""
