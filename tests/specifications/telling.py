"""What is told at the end of a run: how many exchanges were checked, which operations they cover, what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.specifications.checking import Finding

PRODUCTS = {"jira-cloud": "Jira Cloud", "jira-data-center": "Jira Data Center", "azure-devops": "Azure DevOps"}
BY_FAULT = "answered by a fault that a test ordered in front of the tracker, cut off, or still under way"
FEW = 8


@dataclass
class Tally:
    """Counts of one process. `asked` are all requests to sandbox trackers; the keys of `operations` and `undescribed`
    are (product, operation), those of `of_the_bot` the operations that others than the sandbox's own tests asked for.
    """

    asked: int = 0
    checked: int = 0
    shapes: int = 0
    with_schema: int = 0
    answers_only: int = 0
    operations: Counter[tuple[str, str]] = field(default_factory=Counter)
    of_the_bot: Counter[tuple[str, str]] = field(default_factory=Counter)
    undescribed: Counter[tuple[str, str]] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def add(self, flavour: str, found: Finding, *, by_tests: bool) -> None:
        """Count one exchange."""
        key = (flavour, found.operation)
        if found.left_out:
            self.left_out[found.left_out] += 1
        elif not found.is_described:
            self.undescribed[key] += 1
        else:
            self.checked += 1
            self.answers_only += by_tests
            self.shapes += found.is_new
            self.with_schema += found.has_schema
            self.operations[key] += 1
            if not by_tests:
                self.of_the_bot[key] += 1

    def merge(self, other: Tally) -> None:
        """Add what another process counted; exchanges that both saw the shape of are counted by both."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def packed(self) -> dict[str, Any]:
        """As plain lists and numbers, for the way between processes."""
        return {
            name: list(value.items()) if isinstance(value, Counter) else value for name, value in vars(self).items()
        }

    @classmethod
    def unpacked(cls, packed: dict[str, Any]) -> Tally:
        """What `packed` made."""
        counters = ("operations", "of_the_bot", "undescribed", "left_out")
        made = {name: Counter(dict(map(_pair, packed[name]))) for name in counters}
        return cls(**{**packed, **made})


def section(tally: Tally, spoken: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """The lines of the section at the end of a run. `spoken` are the operations that could have been covered."""
    yield f"{tally.asked} requests to sandbox trackers, {tally.checked} of them checked ({tally.shapes} shapes):"
    yield f"{tally.checked - tally.answers_only} requests of the bot, {tally.with_schema} answers that have a schema"
    for flavour, product in PRODUCTS.items():
        every, ours = (_named(counter, flavour) for counter in (tally.operations, tally.of_the_bot))
        if not every:
            continue
        missed, in_vain = sorted(spoken[flavour] - every.keys()), sorted(ours.keys() - spoken[flavour])
        yield f"{product}: {every.total()} exchanges cover {len(every)} operations, {len(ours)} of them for the bot;"
        yield f"  {len(missed)} more are spoken by the sandbox{_few(missed)}"
        if in_vain:
            yield f"  the bot asks for what the sandbox does not speak: {', '.join(in_vain)}"
        alone = _named(tally.undescribed, flavour)
        if alone:
            told = ", ".join(f"{name} ({number})" for name, number in sorted(alone.items()))
            yield f"  {alone.total()} more to what no specification describes: {told}"
    others = tally.checked + tally.left_out.total() + tally.undescribed.total()
    for cause, number in (tally.left_out + Counter({BY_FAULT: tally.asked - others})).most_common():
        yield f"left out: {number}, {cause}"
    yield from (f"DOES NOT FIT: {violation}" for violation in tally.violations)


def _few(names: Sequence[str]) -> str:
    return f": {', '.join(names)}" if 0 < len(names) <= FEW else ""


def _named(counter: Counter[tuple[str, str]], flavour: str) -> Counter[str]:
    return Counter({name: number for (known, name), number in counter.items() if known == flavour})


def _pair(entry: Any) -> Any:
    name, number = entry
    return (tuple(name) if isinstance(name, list) else name), number
