"""The answers of an HTTP server that is in the place of a Docker engine."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any


def answer(request: BaseHTTPRequestHandler, status: int, data: Any) -> None:
    """Answer a request with data."""
    send(request, status, json.dumps(data).encode(), "application/json")


def send(request: BaseHTTPRequestHandler, status: int, body: bytes, kind: str) -> None:
    """Answer a request with bytes of a media type."""
    request.send_response(status)
    request.send_header("Content-Type", kind)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
