"""A sandbox's control panel, as a person uses it in a browser."""

import requests

TIMEOUT = 60.0  # seconds, for one page


class Panel:
    """A browser that is logged in."""

    def __init__(self, address: str, password: str) -> None:
        self.address = f"{address}/admin"
        self.session = requests.Session()
        self.session.trust_env = False
        self.see("/login/")
        self.do("/login/", username="admin", password=password, next="/admin/")

    def see(self, path: str) -> str:
        answer = self.session.get(self.address + path, timeout=TIMEOUT)
        assert answer.status_code == 200
        return answer.text

    def do(self, path: str, /, **fields: str | list[str]) -> str:
        """Send a form; returns the page that follows."""
        token = self.session.cookies["mirrors_sandbox_csrf"]
        body = fields | {"csrfmiddlewaretoken": token}
        answer = self.session.post(self.address + path, data=body, timeout=TIMEOUT)
        assert answer.status_code == 200
        return answer.text

    def act(self, kind: str, action: str, *chosen: str, **fields: str) -> str:
        """Run an action of a list on the objects chosen."""
        return self.do(f"/sandbox/{kind}/", action=action, _selected_action=list(chosen), **fields)
