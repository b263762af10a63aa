"""The fence around untrusted text: two lines that hold 128 random bits drawn for one call.

A text can quote a fence it has seen, yet it cannot know the one that will be put around it, so it cannot close it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fence:
    """One call's fence. `mark` is 32 hexadecimal digits."""

    mark: str

    def around(self, label: str, text: str) -> str:
        """The text between its two lines. Raises ValueError if the text holds the mark."""
        if self.stands_in(text):
            raise ValueError("the text holds the mark of its fence")
        return f"<<<{self.mark} {label}\n{text}\n{self.mark}>>>"

    def stands_in(self, text: str) -> bool:
        """Whether the text holds the mark (a reply that does has copied its own prompt)."""
        return self.mark in text.lower()


def new_fence(*texts: str) -> Fence:
    """Draw a fence that stands in none of these texts."""
    while True:
        fence = Fence(secrets.token_hex(16))
        if not any(fence.stands_in(text) for text in texts):
            return fence
