"""Which encoding a text file has.

Decided by rule: Jira and Azure DevOps write UTF-8, spreadsheets UTF-16 with a mark or Windows-1252. Libraries that
guess from letter frequencies take a German header of forty letters for Chinese or Polish.
"""

from __future__ import annotations

import codecs

from integrations.exports.unpacking import Unpacked

_PIECE = 1024 * 1024


def encoding_of(file: Unpacked) -> str:
    """The name of the encoding. Reads the file to its end unless a mark tells at once."""
    head = file.peek(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    has_letters_beyond_ascii = head.startswith(codecs.BOM_UTF8)
    while piece := file.read(_PIECE):
        try:
            has_letters_beyond_ascii = not decoder.decode(piece).isascii() or has_letters_beyond_ascii
        except UnicodeDecodeError as error:
            before = piece[: error.start].decode("utf-8", "ignore")
            # Where it was UTF-8 until now, a byte is damaged; that does not make the rest another encoding.
            return "utf-8-sig" if has_letters_beyond_ascii or not before.isascii() else "cp1252"
    return "utf-8-sig"
