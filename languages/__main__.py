"""For maintainers: `python -m languages` brings the catalogues up to date, `--check` only says what they lack."""

from __future__ import annotations

import sys

from languages.catalogues import ENGLISH, LANGUAGES
from languages.checking import faults
from languages.extracting import DOMAINS, bring_up_to_date

every = [(code, domain) for code in LANGUAGES if code != ENGLISH for domain in DOMAINS]
if sys.argv[1:] not in ([], ["--check"]):
    sys.exit("usage: python -m languages [--check]")
if not sys.argv[1:]:
    for code, domain in every:
        bring_up_to_date(code, domain)
found = [f"languages/{code}/{domain}.po: {fault}" for code, domain in every for fault in faults(code, domain)]
sys.exit("\n".join(found) if found else 0)
