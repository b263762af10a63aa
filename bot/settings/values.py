"""The values that settings are made of: durations, addresses, secrets by reference, zones, times of day.

No message here repeats what was written: it could be a secret in the wrong place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, ConfigDict, PlainSerializer, SecretStr

from bot.settings.nearest import nearest
from integrations.addresses import address_of, leads_inside

_DURATION = re.compile(
    r"(?:([0-9]{1,4}) ?d)? ?(?:([0-9]{1,4}) ?h)? ?(?:([0-9]{1,5}) ?m(?:in)?)? ?(?:([0-9]{1,7}(?:\.[0-9]{1,3})?) ?s)?"
)
_SIZE = re.compile(r"([0-9]{1,12}) ?(B|kB|KB|MB|GB)?")
_UNITS = {None: 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3}
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*")
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MAX_SECRET_FILE = 16_384
LONGEST = 366 * 86_400.0

STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
"""How each table of the tree is read: unknown keys are refused, and no message repeats what was written."""
HOW_DATABASES_ARE_WRITTEN = (
    "it looks like postgresql://name:password@host:5432/database, with %40 for @ in name or password, %2F for / and "
    "so on"
)
HOW_SECRETS_ARE_WRITTEN = (
    'write { env = "NAME" } for an environment variable or { file = "/run/secrets/name" } for a file'
)
NO_PROXY = "none"


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError('must be a duration such as "5m", "30s" or a number of seconds')  # noqa: TRY004 - pydantic wants it
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip().lower())
        if match is None or not any(match.groups()):
            raise ValueError('must be a duration such as "5m", "30s", "1h 30m" or a number of seconds')
        days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
        value = days * 86_400 + hours * 3_600 + minutes * 60 + seconds
    if not 0 <= value <= LONGEST:
        raise ValueError("must be a duration from 0 seconds to a year")
    return float(value)


def _bytes(value: Any) -> int:
    if isinstance(value, str) and (match := _SIZE.fullmatch(value.strip())):
        value = int(match[1]) * _UNITS[match[2]]
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError('must be a size such as "5 MB" or a number of bytes')
    return value


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise ValueError('is not a known time zone; write one such as "Europe/Berlin" or "UTC"') from None


def _time_of_day(value: Any) -> time | None:
    if value is None or isinstance(value, time):
        return value
    if value == "off":
        return None
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a time of day such as "02:00", or "off"')
    return time(int(match[1]), int(match[2]))


def _secret(value: Any) -> SecretStr | None:
    if value is None or isinstance(value, SecretStr):
        return value
    if isinstance(value, str):
        raise ValueError(f"is a secret and is never written into this file; {HOW_SECRETS_ARE_WRITTEN}")  # noqa: TRY004
    if not isinstance(value, dict) or len(value) != 1 or not isinstance(next(iter(value.values())), str):
        raise ValueError(f"is a secret; {HOW_SECRETS_ARE_WRITTEN}")
    (form, where) = next(iter(value.items()))
    match form:
        case "env":
            return SecretStr(_from_environment(where))
        case "file":
            return SecretStr(_from_file(where))
    meant = nearest(form, ("env", "file"))
    raise ValueError(
        f"is a secret and has no {form!r}" + (f"; did you mean {meant}?" if meant else f"; {HOW_SECRETS_ARE_WRITTEN}")
    )


def _from_environment(name: str) -> str:
    if not _ENVIRONMENT_NAME.fullmatch(name):
        raise ValueError("must name an environment variable (letters, digits and _), not hold the secret itself")
    secret = os.environ.get(name, "").strip()
    if not secret:
        state = "empty" if name in os.environ else "not set"
        raise ValueError(f"needs the environment variable {name}, which is {state}")
    return secret


def _from_file(name: str) -> str:
    path = Path(name)
    if not path.is_absolute():
        # One that starts from the settings file and is there has been made whole before.
        raise ValueError('must name a file that is there: by its whole path ("/run/secrets/name") or from this file on')
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_SECRET_FILE + 1)
        secret = content.decode().strip()
    except OSError as error:
        raise ValueError(f"needs the file {path}, which cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError(f"needs the file {path}, which is not text") from None
    if not secret or len(content) > MAX_SECRET_FILE:
        raise ValueError(f"needs the file {path}, which is {'too large' if secret else 'empty'}")
    return secret


def _database_url(value: Any) -> SecretStr | None:
    if isinstance(value, str):
        if "@" in value or "password" in value.lower():
            raise ValueError(f"may hold a password and is not written into this file; {HOW_SECRETS_ARE_WRITTEN}")
        value = SecretStr(value)
    secret = _secret(value)
    if secret is not None:
        _check_postgresql(secret.get_secret_value())
    return secret


def _check_postgresql(address: str) -> None:
    """Those who connect read it in the same way. What they say of a mistake quotes it, and is not repeated."""
    # Only who names a database pays for the import.
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ValueError(
            f"is not an address that can be read (is the port a number?); {HOW_DATABASES_ARE_WRITTEN}"
        ) from None
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError(
            f"is not the address of a PostgreSQL database; {HOW_DATABASES_ARE_WRITTEN}. For SQLite leave it out"
        )
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError(f"has no port that can be; {HOW_DATABASES_ARE_WRITTEN}")
    try:
        make_conninfo(**dict.fromkeys(url.query, "0"))
    except ProgrammingError:
        raise ValueError("has an option after the ? that PostgreSQL does not know") from None


def _address(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be an address that begins with https://")
    try:
        parts = urlsplit(value.strip())
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise ValueError("is not an address that can be read") from None
    if parts.scheme not in {"https", "http"} or not host:
        raise ValueError("must be an address that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a name or password; an address may not, they have settings of their own")
    if parts.query or parts.fragment or any(character.isspace() or ord(character) < 32 for character in value.strip()):
        raise ValueError("must be a plain address without ?, # and spaces")
    if leads_inside(host):
        raise ValueError("is a link-local or metadata address, which is never called")
    return value.strip().rstrip("/")


def _host_name(value: Any) -> str:
    if not isinstance(value, str) or not _HOST_NAME.fullmatch(value):
        raise ValueError('must be a host name such as "steward" or "steward.example.org", without scheme and port')
    return value.lower()


def is_plain(address: str) -> bool:
    """Whether an address would send tokens unencrypted over a network: http to another machine."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    found = address_of(host)
    loopback = host == "localhost" or host.endswith(".localhost") or (found is not None and found.is_loopback)
    return parts.scheme == "http" and not loopback


def _proxy(value: Any) -> SecretStr | None:
    if value == NO_PROXY:
        return SecretStr(NO_PROXY)
    if isinstance(value, str):
        if "@" in value:
            raise ValueError(f"holds a name or password and is not written into this file; {HOW_SECRETS_ARE_WRITTEN}")
        return SecretStr(_address(value))
    found = _secret(value)
    if found is None or not (written := found.get_secret_value()) or written == NO_PROXY:
        return found
    try:
        parts = urlsplit(written)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in {"http", "https"} or leads_inside(host):
        raise ValueError("must hold the address of a proxy, such as http://name:password@proxy.example.org:3128")
    return found


def passwords_in(proxy: SecretStr) -> Iterator[SecretStr]:
    """What must stay secret of a proxy's address: nothing where it holds no password."""
    address = proxy.get_secret_value()
    password = urlsplit(address).password
    if password:
        yield from (SecretStr(text) for text in dict.fromkeys((address, password, unquote(password))))


def _file(value: Any) -> Path | None:
    if value is None or isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise ValueError("must be the path of a file, in quotation marks")
    return Path(value).expanduser()


Seconds = Annotated[float, BeforeValidator(_seconds)]
Bytes = Annotated[int, BeforeValidator(_bytes)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone), PlainSerializer(str)]
TimeOfDay = Annotated[time | None, BeforeValidator(_time_of_day)]
Secret = Annotated[SecretStr, BeforeValidator(_secret)]
OptionalSecret = Annotated[SecretStr | None, BeforeValidator(_secret)]
Proxy = Annotated[SecretStr | None, BeforeValidator(_proxy)]
OptionalFile = Annotated[Path | None, BeforeValidator(_file)]
DatabaseUrl = Annotated[SecretStr | None, BeforeValidator(_database_url)]
HostName = Annotated[str, BeforeValidator(_host_name)]
Address = Annotated[str, BeforeValidator(_address)]
