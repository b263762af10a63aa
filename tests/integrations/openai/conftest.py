from collections.abc import Callable, Iterator

import httpx2
import pytest

from integrations.openai.writer import Model, OpenAIWriter
from integrations.sandbox.model import ModelServer, serve_model
from integrations.writer import Budget
from prompts.library import Message, Prompt, load_library
from tests.integrations.openai.counted import CountedBudget

Handler = Callable[[httpx2.Request], httpx2.Response]


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with serve_model() as server:
        yield server


@pytest.fixture
def budget() -> CountedBudget:
    return CountedBudget(1_000_000)


@pytest.fixture
def slept() -> list[float]:
    """The seconds the writer wanted to wait."""
    return []


@pytest.fixture
def make_writer(budget: CountedBudget, slept: list[float]) -> Iterator[Callable[..., OpenAIWriter]]:
    made: list[OpenAIWriter] = []

    def make(target: ModelServer | Handler, *, with_budget: Budget | None = None, **settings: object) -> OpenAIWriter:
        if isinstance(target, ModelServer):
            model = Model(target.base_url, "m", **settings)  # type: ignore[arg-type]  # each test knows its settings
            writer = OpenAIWriter(model, with_budget or budget, sleep=slept.append)
        else:
            model = Model("http://model.example/v1", "m", **settings)  # type: ignore[arg-type]
            transport = httpx2.MockTransport(target)
            writer = OpenAIWriter(model, with_budget or budget, sleep=slept.append, transport=transport)
        made.append(writer)
        return writer

    yield make
    for writer in made:
        writer.close()


@pytest.fixture(scope="session")
def prompt() -> Prompt:
    return load_library()["acceptance_criteria"]


@pytest.fixture(scope="session")
def messages(prompt: Prompt) -> tuple[Message, ...]:
    return prompt.render(
        type="Story", title="Sort the wish list", description="By price, lowest first.", language="English"
    )
