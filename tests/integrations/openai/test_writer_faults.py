import socket
import socketserver
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from email.utils import formatdate
from time import time

import httpx2
import pytest

from integrations.openai.writer import Model, OpenAIWriter
from integrations.sandbox.model import ModelServer, Mood
from integrations.writer import Reason, WriterError
from prompts.library import Message, Prompt
from prompts.replies import AcceptanceCriteria
from tests.integrations.openai.counted import CountedBudget

MakeWriter = Callable[..., OpenAIWriter]
Messages = tuple[Message, ...]


def error_of(writer: OpenAIWriter, prompt: Prompt, messages: Messages) -> WriterError:
    with pytest.raises(WriterError) as raised:
        writer.write(prompt, messages, AcceptanceCriteria)
    return raised.value


def test_fault_20_a_busy_model_is_asked_again_after_a_jittered_wait(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages, slept: list[float]
) -> None:
    model_server.moods = ["rate_limited", "down", "down", "good"]
    model_server.retry_after = "7"
    reply = make_writer(model_server).write(prompt, messages, AcceptanceCriteria)
    assert reply.attempts == len(model_server.received) == 4
    first, second, third = slept
    assert 7 <= first <= 8
    assert 0 <= second <= 2
    assert 0 <= third <= 4
    assert len({first % 1, second % 1, third % 1}) == 3


@pytest.mark.parametrize(("mood", "reason"), [("rate_limited", Reason.RATE_LIMITED), ("down", Reason.UNREACHABLE)])
def test_fault_20_a_model_that_stays_away_ends_the_call(
    make_writer: MakeWriter,
    model_server: ModelServer,
    prompt: Prompt,
    messages: Messages,
    budget: CountedBudget,
    mood: Mood,
    reason: Reason,
) -> None:
    model_server.moods = [mood]
    error = error_of(make_writer(model_server), prompt, messages)
    assert error.reason is reason
    assert len(model_server.received) == 5
    assert budget.spent == 0


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_fault_20_a_wait_longer_than_the_call_is_handed_to_the_caller(
    make_writer: MakeWriter,
    model_server: ModelServer,
    prompt: Prompt,
    messages: Messages,
    slept: list[float],
    form: str,
) -> None:
    model_server.moods = ["rate_limited"]
    model_server.retry_after = "3600" if form == "seconds" else formatdate(time() + 3600, usegmt=True)
    error = error_of(make_writer(model_server), prompt, messages)
    assert error.reason is Reason.RATE_LIMITED
    assert error.retry_after == pytest.approx(3600, abs=60)
    assert slept == []
    assert len(model_server.received) == 1


@pytest.mark.parametrize("nonsense", ["", "soon", "-5", "nan", "inf", "1e999"])
def test_fault_20_a_wait_that_is_none_is_ignored(
    make_writer: MakeWriter,
    model_server: ModelServer,
    prompt: Prompt,
    messages: Messages,
    slept: list[float],
    nonsense: str,
) -> None:
    model_server.moods = ["rate_limited", "good"]
    model_server.retry_after = nonsense
    assert make_writer(model_server).write(prompt, messages, AcceptanceCriteria).attempts == 2
    assert 0 <= slept[0] <= 1


def test_fault_20_the_budget_holds_and_nothing_is_sent_beyond_it(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages
) -> None:
    model_server.moods = ["good", "no_choices", "garbage", "down", "good", "no_choices"]
    budget = CountedBudget(20_000)
    writer = make_writer(model_server, with_budget=budget)
    error: WriterError | None = None
    for _ in range(100):
        try:
            writer.write(prompt, messages, AcceptanceCriteria)
        except WriterError as caught:
            error = caught
            assert budget.spent <= 20_000
            if caught.reason is Reason.OVER_BUDGET:
                break
    assert error is not None
    assert error.reason is Reason.OVER_BUDGET
    sent = len(model_server.received)
    assert error_of(writer, prompt, messages).reason is Reason.OVER_BUDGET
    assert len(model_server.received) == sent


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("garbage", Reason.NOT_JSON),
        ("broken", Reason.NOT_JSON),
        ("truncated", Reason.TRUNCATED),
        ("wrong_schema", Reason.WRONG_SCHEMA),
        ("obey_beyond", Reason.WRONG_SCHEMA),
        ("empty", Reason.EMPTY),
        ("no_choices", Reason.EMPTY),
        ("html", Reason.HTML),
    ],
)
def test_fault_21_garbage_is_asked_for_twice_more_and_then_given_up(
    make_writer: MakeWriter,
    model_server: ModelServer,
    prompt: Prompt,
    messages: Messages,
    slept: list[float],
    mood: Mood,
    reason: Reason,
) -> None:
    model_server.moods = [mood]
    assert error_of(make_writer(model_server), prompt, messages).reason is reason
    assert len(model_server.received) == 3
    assert sum(slept) == 0


def test_fault_21_the_second_try_may_be_good(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages
) -> None:
    model_server.moods = ["truncated", "html", "good"]
    assert make_writer(model_server).write(prompt, messages, AcceptanceCriteria).attempts == 3


@pytest.mark.parametrize("mood", ["refusal", "filtered"])
def test_fault_21_a_refusal_is_not_asked_again(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages, mood: Mood
) -> None:
    model_server.moods = [mood]
    assert error_of(make_writer(model_server), prompt, messages).reason is Reason.REFUSED
    assert len(model_server.received) == 1


def test_fault_22_an_endless_answer_is_stopped_at_the_cap(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages, budget: CountedBudget
) -> None:
    model_server.moods = ["endless"]
    writer = make_writer(model_server)
    tracemalloc.start()
    try:
        error = error_of(writer, prompt, messages)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.reason is Reason.TOO_LONG
    assert peak < 50_000_000
    assert model_server.bytes_sent < 50_000_000
    assert len(model_server.received) == 1
    assert budget.spent > 2000


def test_fault_22_an_answer_that_drips_is_cut_at_the_deadline(
    make_writer: MakeWriter, model_server: ModelServer, prompt: Prompt, messages: Messages
) -> None:
    model_server.moods = ["drip"]
    error = error_of(make_writer(model_server, call_seconds=0.4), prompt, messages)
    assert error.reason is Reason.TIMEOUT
    assert len(model_server.received) == 1


class _DrippingHeaders(socketserver.BaseRequestHandler):
    """Would end well, if one waited for it: 30 s of a header, a byte at a time, then nothing but an end."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _SocketServer)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            while not server.over.wait(0.02):
                self.request.sendall(b"a")
        except OSError:
            server.hung_up.set()


class _Silent(socketserver.BaseRequestHandler):
    """Takes the call and says nothing."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _SocketServer)
        while self.request.recv(65_536):
            pass
        server.hung_up.set()


class _SocketServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.over = threading.Event()
        self.hung_up = threading.Event()


@pytest.fixture(params=[_DrippingHeaders, _Silent])
def slow_server(request: pytest.FixtureRequest) -> Iterator[_SocketServer]:
    server = _SocketServer(request.param)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "100.100.100.200", "::ffff:169.254.169.254"])
def test_fault_46_a_name_that_comes_to_lead_inside_is_not_spoken_to(
    make_writer: MakeWriter,
    model_server: ModelServer,
    prompt: Prompt,
    messages: Messages,
    budget: CountedBudget,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    monkeypatch.setattr(socket.socket, "getpeername", lambda self: (address, 80))
    error = error_of(make_writer(model_server), prompt, messages)
    assert error.reason is Reason.REJECTED
    assert "never called" in str(error)
    assert model_server.received == []
    assert budget.spent == 0


def test_fault_46_a_model_that_sends_elsewhere_is_not_followed(
    make_writer: MakeWriter, prompt: Prompt, messages: Messages
) -> None:
    asked: list[str] = []

    def elsewhere(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(307, headers={"location": "http://127.0.0.1:9/v1/chat/completions"})

    assert error_of(make_writer(elsewhere), prompt, messages).reason is Reason.REJECTED
    assert asked == ["http://model.example/v1/chat/completions"]


def test_fault_22_no_phase_of_a_call_outlives_the_deadline(
    slow_server: _SocketServer, budget: CountedBudget, prompt: Prompt, messages: Messages
) -> None:
    host, port = slow_server.server_address[:2]
    writer = OpenAIWriter(Model(f"http://{host!s}:{port}/v1", "m", call_seconds=0.4), budget)
    assert error_of(writer, prompt, messages).reason is Reason.TIMEOUT
    assert slow_server.hung_up.wait(5)
    assert budget.spent > 2000
    writer.close()
