"""Loading and rendering prompts: `<name>.prompty` files, Markdown with YAML front matter.

    ---
    name: acceptance_criteria        # the same as the file's
    version: 1.0.0
    owner: product
    description: one sentence
    reply: acceptance_criteria       # a name in prompts.replies.REPLIES
    budget: 6000                     # tokens of the rendered prompt, by the estimate of `estimated_tokens`
    inputs:
      title: {trust: ticket, limit: 300}
    ---
    system:
    ...
    user:
    {{ title }}

A line that is exactly `system:`, `user:` or `assistant:` begins a message. The text of the *file* is split into
messages first and each message is rendered afterwards, so nothing in an input can begin a message or be read as a
template. Inputs with `trust: ticket` are cleaned of invisible characters, cut to their limit (characters), fenced,
and allowed in user messages only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import yaml
from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts.fence import Fence, new_fence
from prompts.invisible import visible
from prompts.replies import REPLIES, ReplyModel

HERE = Path(__file__).parent
CUT = "(cut here: the text goes on)"

Role = Literal["system", "user", "assistant"]

_ROLE_LINE = re.compile(r"^(system|user|assistant):[ \t]*$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
_LARGEST_FILE = 64_000


class PromptError(Exception):
    """A prompt cannot be loaded or rendered. The message names the file and holds no ticket text."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a model."""

    role: Role
    text: str = field(repr=False)


class Input(BaseModel):
    """One declared input: whose words it holds, and how many characters of it are sent at most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trust: Literal["ticket", "code"]
    limit: Annotated[int, Field(gt=0, le=100_000)]
    about: str = ""


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
    version: Annotated[str, Field(pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,4}$")]
    owner: Annotated[str, Field(min_length=1)]
    description: Annotated[str, Field(min_length=1)]
    reply: str
    budget: Annotated[int, Field(gt=0)]
    inputs: dict[str, Input]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A loaded prompt. `sha256` is of the file's text with newlines as line ends; `budget` is in tokens."""

    name: str
    version: str
    sha256: str
    owner: str
    description: str
    reply: type[ReplyModel]
    budget: int
    inputs: Mapping[str, Input]
    path: Path
    _templates: tuple[tuple[Role, Template], ...] = field(repr=False)

    def render(self, **inputs: str) -> tuple[Message, ...]:
        """The messages for these inputs, fenced with fresh random bits.

        Raises PromptError for a missing or unknown input, or a template that fails on these inputs.
        """
        return self.render_fenced(new_fence(*inputs.values()), inputs)

    def render_fenced(self, fence: Fence, inputs: Mapping[str, str]) -> tuple[Message, ...]:
        """The same with a given fence. Raises ValueError if a text holds its mark."""
        if wrong := sorted(set(inputs) ^ set(self.inputs)):
            raise PromptError(f"prompt {self.name}: inputs differ from its front matter: {', '.join(wrong)}")
        values = {}
        for name, given in self.inputs.items():
            text = _cut(visible(inputs[name]), given.limit)
            values[name] = fence.around(name, text) if given.trust == "ticket" else text
        try:
            return tuple(Message(role, template.render(values).strip()) for role, template in self._templates)
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise PromptError(f"prompt {self.name}: {type(error).__name__} while rendering") from None


def load_library(own: Path | None = None) -> Mapping[str, Prompt]:
    """All prompts by name; a prompt in a team's own folder replaces ours of the same name, or adds one.

    Raises PromptError with the file and what is wrong with it. A replacement keeps the reply, the input names and
    their trust, because code fills the inputs and reads the reply.
    """
    prompts = {path.stem: load_prompt(path) for path in sorted(HERE.glob("*.prompty"))}
    if own is None:
        return MappingProxyType(prompts)
    if not own.is_dir():
        raise PromptError(f"{own}: this folder of prompts does not exist")
    for path in sorted(own.glob("*.prompty")):
        prompt = load_prompt(path)
        if ours := prompts.get(prompt.name):
            _check_replacement(ours, prompt)
        prompts[prompt.name] = prompt
    return MappingProxyType(prompts)


def load_prompt(path: Path) -> Prompt:
    """Load one file. Raises PromptError with the file and what is wrong with it."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: cannot be read as UTF-8 text ({type(error).__name__})") from None
    if len(raw) > _LARGEST_FILE:
        raise PromptError(f"{path}: larger than {_LARGEST_FILE} bytes")
    matter = _FRONT_MATTER.match(text)
    if matter is None:
        raise PromptError(f"{path}: does not begin with front matter between two lines of ---")
    front = _front_matter(path, matter[1])
    if front.name != path.stem:
        raise PromptError(f"{path}: the name {front.name!r} differs from the file's")
    if front.reply not in REPLIES:
        raise PromptError(f"{path}: unknown reply {front.reply!r}; known are {', '.join(sorted(REPLIES))}")
    return Prompt(
        name=front.name,
        version=front.version,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        owner=front.owner,
        description=front.description,
        reply=REPLIES[front.reply],
        budget=front.budget,
        inputs=MappingProxyType(front.inputs),
        path=path,
        _templates=_templates(path, text[matter.end() :], front.inputs),
    )


def estimated_tokens(*texts: str) -> int:
    """A careful guess of tokens, made to be too high: three letters or spaces a token, one a digit, sign or other."""
    letters = sum(1 for text in texts for c in text if c.isascii() and (c.isalpha() or c == " "))
    return -(-letters // 3) + sum(map(len, texts)) - letters


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}\n{CUT}"


def _front_matter(path: Path, text: str) -> _FrontMatter:
    try:
        return _FrontMatter.model_validate(yaml.safe_load(text))
    except yaml.YAMLError:
        raise PromptError(f"{path}: the front matter is not YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise PromptError(f"{path}: front matter, {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _templates(path: Path, body: str, inputs: Mapping[str, Input]) -> tuple[tuple[Role, Template], ...]:
    before, *parts = _ROLE_LINE.split(body)
    if before.strip() or not parts:
        raise PromptError(f"{path}: after the front matter comes a line `system:` or `user:`")
    # Not HTML: these texts go to a model. The sandbox keeps a prompt from reaching Python objects.
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    templates: list[tuple[Role, Template]] = []
    for role, source in zip(parts[::2], parts[1::2], strict=True):
        try:
            used = meta.find_undeclared_variables(environment.parse(source))
            template = environment.from_string(source)
        except TemplateError as error:
            raise PromptError(f"{path}: the {role} message is not a template: {error.message}") from None
        if unknown := sorted(used - set(inputs)):
            raise PromptError(f"{path}: undeclared inputs: {', '.join(unknown)}")
        if role != "user" and (foreign := sorted(name for name in used if inputs[name].trust == "ticket")):
            raise PromptError(f"{path}: ticket text in the {role} message: {', '.join(foreign)}")
        templates.append((_role(role), template))
    return tuple(templates)


def _role(word: str) -> Role:
    return "system" if word == "system" else "assistant" if word == "assistant" else "user"


def _check_replacement(ours: Prompt, theirs: Prompt) -> None:
    if theirs.reply is not ours.reply:
        raise PromptError(f"{theirs.path}: replaces {ours.name}, so its reply must stay the same")
    trust = {name: given.trust for name, given in theirs.inputs.items()}
    if trust != {name: given.trust for name, given in ours.inputs.items()}:
        raise PromptError(f"{theirs.path}: replaces {ours.name}, so its inputs and their trust must stay the same")
