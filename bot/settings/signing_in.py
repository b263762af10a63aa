"""What signing in needs of this machine: files of certificates that can be used, and an extra that is installed."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from bot.settings.connections import AnyConnection, AzureDevOpsConnection
from bot.settings.sentences import ended
from bot.settings.tree import Settings

CONNECTION_FILES = ("ca_bundle", "client_certificate", "client_key", "sign_in_certificate")
MAX_FILE = 5_000_000
ENTRA = "msal"


def problems_of_signing_in(settings: Settings) -> list[str]:
    """One sentence for each problem, with the place."""
    return [
        ended(problem)
        for name, connection in settings.connections.items()
        for problem in _problems(f"connections.{name}", connection)
    ]


def _problems(place: str, connection: AnyConnection) -> Iterator[str]:
    unreadable = []
    for name in CONNECTION_FILES:
        file = getattr(connection, name, None)
        if file is not None and (problem := _unreadable(file)):
            unreadable.append(name)
            yield f"{place}.{name} names the file {file}, which {problem}"
    if connection.ca_bundle is not None and "ca_bundle" not in unreadable:
        yield from _authorities(f"{place}.ca_bundle", connection.ca_bundle)
    if connection.client_key is not None and connection.client_certificate is None:
        yield f"{place}.client_key is of no use without client_certificate"
    elif not unreadable and connection.client_certificate is not None:
        yield from _pair(f"{place}.client_certificate", connection.client_certificate, connection.client_key)
    if isinstance(connection, AzureDevOpsConnection):
        if connection.sign_in_certificate is not None and "sign_in_certificate" not in unreadable:
            yield from _pair(f"{place}.sign_in_certificate", connection.sign_in_certificate, None)
        if (connection.tenant or connection.managed_identity) and find_spec(ENTRA) is None:
            yield f"{place} signs in by Entra, which takes an extra; install it: pip install backlog-steward[entra]"


def _unreadable(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE + 1)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if len(content) > MAX_FILE:
        return "is too large"
    if b"-----BEGIN " not in content:
        return "is not PEM (it has no line -----BEGIN ...-----)"
    return "is protected by a password; give one that is not" if b"ENCRYPTED" in content else ""


def _authorities(place: str, file: Path) -> Iterator[str]:
    try:
        ssl.create_default_context(cafile=str(file))
    except (ssl.SSLError, OSError):
        yield f"{place} names the file {file}, which holds no certificates that can be read"


def _pair(place: str, certificate: Path, key: Path | None) -> Iterator[str]:
    context = ssl.create_default_context()
    try:
        context.load_cert_chain(certificate, key, password=b"")
    except (ssl.SSLError, OSError, ValueError) as error:
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            yield f"{place} names the file {certificate}, whose key is not the one given"
        else:
            where = "that file" if key is None else f"the file {key}"
            yield f"{place} names the file {certificate}, which with the key in {where} cannot be used"
