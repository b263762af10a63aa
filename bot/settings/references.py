"""Where secrets are said to be, before they are read: files beside the settings file, and secrets nobody needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

_STORE, _PROXY = "engine", "proxy"


def resolved(written: Mapping[str, Any], folder: Path, *, need_secrets: bool) -> dict[str, Any]:
    """The settings as written, with a secret's file that lies beside them named by its whole path.

    A relative path of which nothing is there stays as it is and is refused where it is read: it may be the secret
    itself, and no message may show it. Where no secrets are needed, those of trackers and of the model are left
    empty; that of the store is not, and that of a proxy, which holds an address, only where nothing is there to read.
    """
    return {
        name: _placed(value, folder, need_secrets=need_secrets or name == _STORE) for name, value in written.items()
    }


def _placed(value: Any, folder: Path, *, need_secrets: bool) -> Any:
    if isinstance(value, list):
        return [_placed(entry, folder, need_secrets=need_secrets) for entry in value]
    if not isinstance(value, Mapping):
        return value
    if not _is_reference(value):
        return {
            name: _placed(entry, folder, need_secrets=need_secrets or (name == _PROXY and _is_there(entry, folder)))
            for name, entry in value.items()
        }
    if not need_secrets:
        return SecretStr("")
    if "file" in value and os.path.exists(beside := folder / value["file"]):
        return {"file": str(beside)}
    return value


def _is_reference(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and all(name in {"env", "file"} and isinstance(held, str) for name, held in value.items())


def _is_there(value: Any, folder: Path) -> bool:
    if not isinstance(value, Mapping) or not _is_reference(value):
        return False
    if "env" in value:
        return bool(os.environ.get(value["env"], "").strip())
    return os.access(folder / value["file"], os.R_OK)
