"""Numbers, as people of the language write them."""

from __future__ import annotations

from babel.numbers import format_decimal

from languages.saying import locale


def figure(value: float) -> str:
    """A number with the signs of the language: "8,100" and "20.5"; in German "8.100" and "20,5"."""
    return format_decimal(value, locale=locale())
