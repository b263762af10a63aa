"""What both readings share: lines, quotes, fences and lists in the form that rules.model asks for.

Quotes and code must be recognisable in a reading, because a command inside them does not count. So every separator
that anyone may take for the end of a line becomes a line end here, before a prefix is put on each line; quotes and
fences begin in the first column; and an opening fence carries a word (a bare one could close what somebody typed).
"""

from __future__ import annotations

import re

_SEPARATORS = re.compile(r"\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_BLANK_RUN = re.compile(r"\n{3,}")
_FENCE = re.compile(r"`{3,}")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#-]{1,20}")


def one_kind_of_line_end(text: str) -> str:
    """The text with line ends of one kind, and without lone surrogates."""
    return _SEPARATORS.sub("\n", text.encode("utf-8", "replace").decode())


def one_line(text: str) -> str:
    """The text on one line."""
    return " ".join(one_kind_of_line_end(text).split("\n")).strip()


def quoted(text: str) -> str:
    """Each line with "> " before it; an inner quote is not marked twice."""
    return "\n".join(line if line.startswith("> ") else f"> {line}" for line in text.split("\n"))


def fenced(text: str, language: str = "") -> str:
    """A block of code, in a fence longer than any in it."""
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language if _LANGUAGE.fullmatch(language) else 'text'}\n{text}\n{fence}"


def entry(mark: str, text: str) -> str:
    """A list entry; its further lines are indented, except quotes and code."""
    first, *rest = text.split("\n")
    if first.startswith(("> ", "```")):
        first, rest = "", [first, *rest]
    lines, fence = [f"{mark} {first}".rstrip(" ") if not first else f"{mark} {first}"], ""
    for line in rest:
        run = _FENCE.match(line)
        if fence:
            lines.append(line)
            fence = "" if line == fence else fence
        elif run:
            lines.append(line)
            fence = run[0]
        else:
            lines.append(line if line.startswith("> ") or not line else f"  {line}")
    return "\n".join(lines)


def joined(blocks: list[str]) -> str:
    """Blocks with an empty line between them; empty ones are left out."""
    return "\n\n".join(block for block in blocks if block.strip())


def tidied(text: str) -> str:
    """No blank ends and no runs of empty lines."""
    return _BLANK_RUN.sub("\n\n", text).strip()
