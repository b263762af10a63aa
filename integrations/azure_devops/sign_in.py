"""Signing in by Entra: as an application, with a secret or a certificate, or as the Azure machine that we are on.

The package `msal` (extra "entra") gets the tokens, keeps them, and renews them before they end. It is imported when the
first token is needed, so that who signs in otherwise can do without it.
https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from integrations.tracker import Refused, Unreachable
from integrations.transport import PLAIN, Forbidden, Transport, equip, why_unanswered

RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"  # Azure DevOps, the same in all directories
AUTHORITY = "https://login.microsoftonline.com"
FAILURE_SECONDS = 30.0
"""How long a failure is remembered: not each request of each thread asks anew."""
_CODE = re.compile(r"\bAADSTS[0-9]{4,8}\b")
_ENDED, _WRONG_SECRET, _NO_APPLICATION, _NO_TENANT, _WRONG_CERTIFICATE = (
    "AADSTS7000222",
    "AADSTS7000215",
    "AADSTS700016",
    "AADSTS90002",
    "AADSTS700027",
)
_MEANINGS = {
    _ENDED: "a client_secret that has not ended: make a new one in Entra",
    _WRONG_SECRET: "the client_secret's value (not its id)",
    _NO_APPLICATION: "a client_id that is known in the tenant",
    _NO_TENANT: "a tenant that exists",
    _WRONG_CERTIFICATE: "a sign_in_certificate that the application in Entra knows",
}


@dataclass(frozen=True, slots=True)
class Application:
    """An application of a directory; it has a secret, or a file with certificate and RSA key (PEM)."""

    tenant: str
    client_id: str
    secret: str = field(default="", repr=False)
    certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """The Azure machine we are on; `client_id` names one of several identities that it has."""

    client_id: str = ""


class EntraSignIn:
    """Call it for the value of the Authorization header; threads may share it.

    Raises Refused with what is missing where Entra lets nobody in, and Unreachable where it does not answer.
    `clock` gives seconds.
    """

    def __init__(
        self,
        who: Application | Machine,
        transport: Transport = PLAIN,
        timeout: tuple[float, float] = (3.05, 20.0),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._who, self._transport, self._timeout, self._clock = who, transport, timeout, clock
        self._lock = threading.Lock()
        self._acquire: Callable[[], Any] | None = None
        self._failed: tuple[float, str, str] | None = None

    def __call__(self) -> str:
        """ "Bearer ..."; quick while the token lasts."""
        with self._lock:
            if self._failed is not None and self._clock() < self._failed[0]:
                raise Refused(self._failed[1], missing=self._failed[2])
            answer = self._asked()
            token = answer.get("access_token") if isinstance(answer, dict) else None
            if isinstance(token, str) and token:
                self._failed = None
                return f"Bearer {token}"
            message, missing = _refusal(answer)
            self._failed = (self._clock() + FAILURE_SECONDS, message, missing)
            raise Refused(message, missing=missing)

    def __repr__(self) -> str:
        return "<sign-in by Entra>"

    def _asked(self) -> Any:
        try:
            if self._acquire is None:
                self._acquire = self._prepared()
            return self._acquire()
        except (requests.RequestException, Forbidden) as error:
            problem = f"Entra did not answer ({why_unanswered(error)})"
        except Exception as error:  # noqa: BLE001 - the package fails in many ways on an odd answer or key, and quotes it
            problem = f"Entra could not be asked ({type(error).__name__})"
        raise Unreachable(problem)

    def _prepared(self) -> Callable[[], Any]:
        import msal

        session = _Session(self._timeout)
        if isinstance(self._who, Machine):
            session.trust_env = False  # the metadata service of the machine itself, which no proxy leads to
            identity = (
                msal.UserAssignedManagedIdentity(client_id=self._who.client_id)
                if self._who.client_id
                else msal.SystemAssignedManagedIdentity()
            )
            machine = msal.ManagedIdentityClient(identity, http_client=session)
            return lambda: machine.acquire_token_for_client(resource=RESOURCE)
        equip(session, self._transport)
        application = msal.ConfidentialClientApplication(
            self._who.client_id,
            client_credential=_credential(self._who),
            authority=f"{AUTHORITY}/{self._who.tenant}",
            http_client=session,
        )
        return lambda: application.acquire_token_for_client(scopes=[f"{RESOURCE}/.default"])


class _Session(requests.Session):
    """One that waits for no answer for ever and follows nobody elsewhere."""

    def __init__(self, timeout: tuple[float, float]) -> None:
        super().__init__()
        self._timeout = timeout
        self.max_redirects = 0

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """See requests.Session."""
        return super().request(*args, **{"timeout": self._timeout, **options})


def _credential(who: Application) -> Any:
    if who.certificate is None:
        return who.secret
    content = who.certificate.read_text("ascii")
    return {"private_key": content, "public_certificate": content}


def _refusal(answer: Any) -> tuple[str, str]:
    """A sentence, and what is missing; never Entra's own words, which name the directory and the application."""
    told = f"{answer.get('error')} {answer.get('error_description')}" if isinstance(answer, dict) else ""
    found = _CODE.search(told[:4000])
    code = found[0] if found else ""
    message = f"Entra refused the sign-in ({code})" if code else "Entra refused the sign-in"
    return message, _MEANINGS.get(code, "an identity that Entra lets sign in")
