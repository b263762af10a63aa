import gzip
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from integrations.openai.writer import Model, OpenAIWriter
from integrations.sandbox.model import ModelServer
from integrations.writer import Reason, WriterError
from prompts.library import Message, Prompt
from prompts.replies import AcceptanceCriteria
from tests.integrations.openai.counted import CountedBudget

MakeWriter = Callable[..., OpenAIWriter]
Messages = tuple[Message, ...]
REPO = Path(__file__).parents[3]
CONTENT = '{"criteria": [{"text": "Given a, then b", "is_assumption": false}], "questions": []}'


def good() -> httpx2.Response:
    message = {"role": "assistant", "content": CONTENT}
    return httpx2.Response(200, json={"model": "m-1", "choices": [{"message": message, "finish_reason": "stop"}]})


def failure(status: int, code: str = "", message: str = "hunter2", **headers: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"code": code, "message": message}}, headers=headers)


def error_of(writer: OpenAIWriter, prompt: Prompt, messages: Messages) -> WriterError:
    with pytest.raises(WriterError) as raised:
        writer.write(prompt, messages, AcceptanceCriteria)
    return raised.value


def test_a_reply_comes_with_its_provenance(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages, budget: CountedBudget
) -> None:
    reply = make_writer(model_server).write(prompt, messages, AcceptanceCriteria)
    assert reply.value.criteria
    assert (reply.prompt, reply.version, reply.sha256) == (prompt.name, prompt.version, prompt.sha256)
    assert reply.model == "m-sandbox"
    assert reply.tokens_in > reply.tokens_cached > 0
    assert reply.attempts == 1
    assert budget.spent == reply.tokens_in + reply.tokens_out


def test_what_is_sent_to_a_strict_server(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages
) -> None:
    make_writer(model_server, api_key="key-1").write(prompt, messages, AcceptanceCriteria)
    (received,) = model_server.received
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == "Bearer key-1"
    content = received.content
    assert set(content) == {"model", "messages", "response_format", "store", "max_completion_tokens"}
    assert content["store"] is False
    assert [message["role"] for message in content["messages"]] == ["system", "user"]
    assert content["response_format"]["json_schema"]["strict"] is True
    assert "maxLength" not in json.dumps(content["response_format"])


def test_a_local_server_needs_no_key_and_gets_the_bounds(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages
) -> None:
    make_writer(model_server, form="bounded").write(prompt, messages, AcceptanceCriteria)
    content = model_server.received[0].content
    assert content["response_format"]["json_schema"]["schema"]["properties"]["criteria"]["maxItems"] == 8
    assert content["max_tokens"] == 2000


def test_a_server_without_schemas_is_asked_for_plain_json_from_then_on(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages
) -> None:
    model_server.moods = ["no_schema"]
    writer = make_writer(model_server)
    assert writer.write(prompt, messages, AcceptanceCriteria).attempts == 2
    assert writer.write(prompt, messages, AcceptanceCriteria).attempts == 1
    forms = [received.content["response_format"]["type"] for received in model_server.received]
    assert forms == ["json_schema", "json_object", "json_object"]


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (failure(401), Reason.UNAUTHORIZED),
        (failure(403), Reason.UNAUTHORIZED),
        (failure(404, "model_not_found"), Reason.REJECTED),
        (failure(400, "invalid_value"), Reason.REJECTED),
        (failure(400, "context_length_exceeded"), Reason.PROMPT_TOO_LONG),
        (failure(400, "", "exceeds the available context size"), Reason.PROMPT_TOO_LONG),
        (failure(413), Reason.PROMPT_TOO_LONG),
        (failure(400, "content_filter"), Reason.REFUSED),
        (failure(429, "insufficient_quota"), Reason.QUOTA_SPENT),
        (httpx2.Response(302, headers={"location": "http://169.254.169.254/"}), Reason.REJECTED),
        (httpx2.Response(400, text="<html>"), Reason.REJECTED),
    ],
)
def test_a_status_that_waiting_does_not_change_is_told_at_once(
    make_writer: MakeWriter,
    prompt: Prompt,
    messages: Messages,
    budget: CountedBudget,
    response: httpx2.Response,
    reason: Reason,
) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return response

    error = error_of(make_writer(answer), prompt, messages)
    assert error.reason is reason
    assert len(asked) == 1
    assert budget.spent == 0
    assert "hunter2" not in str(error)


def test_no_connection_is_unreachable_and_costs_nothing(
    make_writer: MakeWriter, prompt: Prompt, messages: Messages, budget: CountedBudget
) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("hunter2", request=request)

    error = error_of(make_writer(refuse), prompt, messages)
    assert error.reason is Reason.UNREACHABLE
    assert "hunter2" not in str(error)
    assert budget.spent == 0


def test_an_answer_that_breaks_off_counts_in_full(
    make_writer: MakeWriter, prompt: Prompt, messages: Messages, budget: CountedBudget
) -> None:
    def break_off(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ReadError("gone", request=request)

    error = error_of(make_writer(break_off, away_retries=0), prompt, messages)
    assert error.reason is Reason.UNREACHABLE
    assert budget.spent > 2000


@pytest.mark.parametrize("base_url", ["nowhere", "ftp://127.0.0.1/v1"])
def test_an_address_that_is_none_is_told_at_once(
    budget: CountedBudget, prompt: Prompt, messages: Messages, base_url: str
) -> None:
    writer = OpenAIWriter(Model(base_url, "m"), budget)
    assert error_of(writer, prompt, messages).reason is Reason.REJECTED
    assert budget.spent == 0
    writer.close()


def test_a_key_that_cannot_be_sent_is_told_without_showing_it(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages
) -> None:
    error = error_of(make_writer(model_server, api_key="hunter2\nX-Evil: 1"), prompt, messages)
    assert error.reason is Reason.REJECTED
    assert "hunter2" not in f"{error}{error.__cause__}"
    assert model_server.received == []


def test_a_compressed_answer_is_not_unpacked(make_writer: MakeWriter, prompt: Prompt, messages: Messages) -> None:
    asked: list[str] = []

    def squeeze(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers["accept-encoding"])
        stream = httpx2.ByteStream(gzip.compress(good().content))
        return httpx2.Response(200, stream=stream, headers={"content-encoding": "gzip"})

    assert error_of(make_writer(squeeze), prompt, messages).reason is Reason.NOT_JSON
    assert set(asked) == {"identity"}


def test_fault_50_neither_ticket_text_nor_key_is_logged_or_raised(
    make_writer: MakeWriter,
    model_server: ModelServer,
    prompt: Prompt,
    budget: CountedBudget,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    messages = prompt.render(type="Story", title="TICKET-WORDS", description="", language="English")
    model_server.moods = ["good", "garbage", "html", "down", "down", "good"]
    writer = make_writer(model_server, api_key="key-sentinel")
    writer.write(prompt, messages, AcceptanceCriteria)
    writer.write(prompt, messages, AcceptanceCriteria)
    logged = caplog.text + repr(writer.__dict__)
    assert "TICKET-WORDS" not in logged
    assert "key-sentinel" not in logged


def test_the_port_and_the_prompts_do_not_import_the_sdk() -> None:
    code = "import sys, integrations.writer, prompts.drafting, prompts.cases; print('openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPO)
    assert done.stdout.strip() == "False"


def test_extra_settings_of_the_environment_change_nothing(
    make_writer: MakeWriter,
    model_server: ModelServer,
    prompt: Prompt,
    messages: Messages,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    surroundings: dict[str, Any] = {"OPENAI_API_KEY": "key-of-environment", "OPENAI_BASE_URL": "http://evil.example"}
    for name, value in (surroundings | {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}).items():
        monkeypatch.setenv(name, value)
    make_writer(model_server).write(prompt, messages, AcceptanceCriteria)
    assert model_server.received[0].headers["authorization"] == "Bearer none"
