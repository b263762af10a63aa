"""The eval cases that lie beside the prompts, and the check that every prompt is sound.

`evals/<prompt>.yaml` is a list of cases:

    - name: a saved card and a time-out
      inputs: {type: Story, title: ..., description: ...}
      expect:
        counts: {criteria: [2, 8]}      # how many entries a list of the reply has, at least and at most
        mentions: [cart]                # words that stand somewhere in the reply
        never: [http]                   # words that stand nowhere in it

A team's folder may hold an `evals` folder of its own; its cases for a prompt replace ours. Invisible characters are
written as YAML escapes in double quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from prompts.drafting import compose
from prompts.library import HERE, Prompt, PromptError, estimated_tokens, load_library, load_prompt
from prompts.replies import ReplyModel, unbounded


class Expectation(BaseModel):
    """What must hold of a reply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    counts: dict[str, tuple[int, int]] = Field(default_factory=dict)
    mentions: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


class Case(BaseModel):
    """One case of a prompt."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    inputs: dict[str, str]
    expect: Expectation = Expectation()


@dataclass(frozen=True, slots=True)
class PromptCheck:
    """What was found of one prompt. `tokens` is the largest estimate over its cases; no problems means sound."""

    name: str
    version: str
    sha256: str
    cases: int
    tokens: int
    budget: int
    problems: tuple[str, ...]


_CASES = TypeAdapter(tuple[Case, ...])


def load_cases(prompt: str, own: Path | None = None) -> tuple[Case, ...]:
    """The cases of a prompt, by its name; empty where it has none. Raises PromptError with the file."""
    for folder in filter(None, (own, HERE)):
        path = folder / "evals" / f"{prompt}.yaml"
        if path.is_file():
            try:
                return _CASES.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
            except ValidationError as error:
                first = error.errors()[0]
                raise PromptError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
            except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
                raise PromptError(f"{path}: cannot be read ({type(error).__name__})") from None
    return ()


def judge(case: Case, reply: ReplyModel) -> tuple[str, ...]:
    """What of a case's expectation a reply misses; empty where it holds."""
    content = reply.model_dump()
    text = reply.model_dump_json().casefold()
    missed = [
        f"{len(content.get(name, ()))} {name}, expected {least} to {most}"
        for name, (least, most) in case.expect.counts.items()
        if not least <= len(content.get(name, ())) <= most
    ]
    missed += [f"does not mention {word!r}" for word in case.expect.mentions if word.casefold() not in text]
    missed += [f"says {word!r}" for word in case.expect.never if word.casefold() in text]
    return tuple(missed)


def check_library(own: Path | None = None) -> tuple[PromptCheck, ...]:
    """Check every prompt of the library, ours and a team's own; a file that does not load is a check of its own."""
    checks: list[PromptCheck] = []
    try:
        prompts = load_library(own)
    except PromptError as error:
        broken = [check for path in _files(own) if (check := _unloadable(path))]
        return tuple(broken) or (PromptCheck("library", "", "", 0, 0, 0, (str(error),)),)
    for prompt in prompts.values():
        problems = list(unbounded(prompt.reply))
        sizes: list[int] = []
        cases: tuple[Case, ...] = ()
        try:
            problems += _form_problems(prompt)
            cases = load_cases(prompt.name, own)
            for name, inputs in _check_inputs(prompt, cases):
                sizes.append(estimated_tokens(*(message.text for message in compose(prompt, inputs).messages)))
                if sizes[-1] > prompt.budget:
                    problems.append(f"case {name!r}: about {sizes[-1]} tokens, the budget is {prompt.budget}")
        except PromptError as error:
            problems.append(str(error))
        if not cases:
            problems.append("has no eval cases")
        largest = max(sizes, default=0)
        checks.append(
            PromptCheck(prompt.name, prompt.version, prompt.sha256, len(cases), largest, prompt.budget, tuple(problems))
        )
    return tuple(checks)


def _check_inputs(prompt: Prompt, cases: tuple[Case, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    yield from ((case.name, case.inputs) for case in cases)
    words = "words and more words, "
    yield (
        "every input at its limit",
        {name: (words * (given.limit // len(words) + 1))[: given.limit] for name, given in prompt.inputs.items()},
    )


def _form_problems(prompt: Prompt) -> Iterator[str]:
    empty = prompt.render(**dict.fromkeys(prompt.inputs, ""))
    filled = prompt.render(**dict.fromkeys(prompt.inputs, "x"))
    if empty[0].role != "system" or empty[0] != filled[0]:
        yield "the first message is not a fixed system message, so no provider can cache it"
    if empty[-1].role != "user":
        yield "the last message is not the user's"
    if not any("json" in message.text.casefold() for message in empty):
        yield "does not say JSON, which plain JSON mode demands"


def _files(own: Path | None) -> Iterator[Path]:
    for folder in filter(None, (HERE, own)):
        yield from sorted(folder.glob("*.prompty"))


def _unloadable(path: Path) -> PromptCheck | None:
    try:
        load_prompt(path)
    except PromptError as error:
        return PromptCheck(path.stem, "", "", 0, 0, 0, (str(error),))
    return None
