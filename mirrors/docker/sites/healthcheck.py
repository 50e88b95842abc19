"""The command that makes a container healthy, and durations as Docker's provider reads them back. Pure."""

from mirrors.docker.config.sections import Healthcheck

_HEALTH_PROGRAM = (
    "import http.client, os, sys; "
    "site = http.client.HTTPConnection('127.0.0.1', {port}, timeout={timeout}); "
    "site.request('GET', '{path}', headers={{'Host': os.environ.get('DOMAIN') or '127.0.0.1'}}); "
    "sys.exit(site.getresponse().status >= 400)"
)
"""A program that asks for a page. A redirect counts as an answer, and is not followed out of the container."""


def to_go_duration(seconds: int) -> str:
    """Return a duration as Go writes it and Docker's provider reads it back. Every preview would show another form.

    >>> to_go_duration(5), to_go_duration(60), to_go_duration(5400)
    ('5s', '1m0s', '1h30m0s')
    """
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{left}s"
    return f"{minutes}m{left}s" if minutes else f"{left}s"


def to_short_go_duration(seconds: int) -> str:
    """Return a duration as Docker's provider reads it back from a service: without the parts that are zero.

    >>> to_short_go_duration(5), to_short_go_duration(60), to_short_go_duration(90), to_short_go_duration(7200)
    ('5s', '1m', '1m30s', '2h')
    """
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (left, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def health_command(check: Healthcheck, port: int) -> list[str]:
    """Return the command that Docker runs in a site's container. Its first word is the kind of command."""
    if check.command:
        return list(check.command)
    asked = _HEALTH_PROGRAM.format(
        port=port, timeout=check.timeout, path=check.path.replace("'", "%27").replace("\\", "%5C")
    )
    return ["CMD", "python3", "-c", asked]
