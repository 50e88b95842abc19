"""Certificates for a host that asks for one."""

import ssl
import subprocess
from pathlib import Path


def make_certificates(folder: Path) -> None:
    """``ca``, and signed by it ``server`` and ``client``, each with its key."""
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -days 2 -keyout ca.key -out ca.pem")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n", encoding="utf-8")
    for name in ("server", "client"):
        _openssl(folder, f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr")
        signed = f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names"
        _openssl(folder, f"{signed} -out {name}.pem")


def _openssl(folder: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True)


def server_side(certificates: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def as_configured(folder: Path, ca: str = "ca.pem") -> dict[str, str]:
    """``dockerTls`` of a configuration."""
    files = {"ca": ca, "cert": "client.pem", "key": "client.key"}
    return {name: (folder / file).read_text(encoding="utf-8") for name, file in files.items()}
