"""The sandbox's control plane, over real HTTP: waitress in a process of its own."""
