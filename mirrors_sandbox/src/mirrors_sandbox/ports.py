"""Ports of this machine's loopback address, on which everything of the sandbox listens."""

import secrets
import socket
from collections.abc import Iterable

__all__ = ["LOOPBACK", "free_port", "port_is_free"]

LOOPBACK = "127.0.0.1"
PORTS = range(20000, 32000)  # below the range from which Linux takes the ports of outgoing connections


def port_is_free(port: int) -> bool:
    """Return whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(taken: Iterable[int] = ()) -> int:
    """Return a free port, at random, so that two sandboxes seldom choose the same."""
    excluded = set(taken)
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        if port not in excluded and port_is_free(port):
            return port
