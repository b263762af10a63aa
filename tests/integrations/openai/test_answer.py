import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.openai.answer import read_answer, reply_from
from integrations.writer import Reason, WriterError
from prompts.replies import AcceptanceCriteria

GOOD = '{"criteria": [{"text": "Given a, then b", "is_assumption": false}], "questions": []}'


def completion(content: Any = GOOD, finish: Any = "stop", **more: Any) -> bytes:
    message = {"role": "assistant", "content": content} | more.pop("message", {})
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], **more}).encode()


def reason_of(body: bytes, content_type: str = "application/json") -> Reason:
    with pytest.raises(WriterError) as raised:
        reply_from(read_answer(body, content_type), AcceptanceCriteria)
    return raised.value.reason


def test_a_good_answer_is_read() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}}
    answer = read_answer(completion(model="m-1", usage=usage))
    assert answer.model == "m-1"
    assert answer.tokens == 15
    assert reply_from(answer, AcceptanceCriteria).criteria[0].text == "Given a, then b"


@pytest.mark.parametrize(
    "content",
    [
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```\n",
        f"<think>It says {{hm}}</think>\n\n{GOOD}",
        f"\n {GOOD} \n",
    ],
)
def test_wrappings_of_local_models_are_taken_off(content: str) -> None:
    assert reply_from(read_answer(completion(content)), AcceptanceCriteria).criteria


@pytest.mark.parametrize(
    "usage",
    [None, {}, {"prompt_tokens": None}, {"prompt_tokens": -5}, {"prompt_tokens": "ten", "completion_tokens": 10**30}],
)
def test_odd_counts_of_tokens_do_no_harm(usage: object) -> None:
    assert read_answer(completion(usage=usage)).tokens in (None, 0)


@pytest.mark.parametrize("finish", [None, "stop", "eos", "stop_sequence"])
def test_other_words_for_the_end_are_taken(finish: str | None) -> None:
    assert reply_from(read_answer(completion(finish=finish)), AcceptanceCriteria)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.EMPTY),
        (b" \n", Reason.EMPTY),
        (completion(""), Reason.EMPTY),
        (completion(None), Reason.EMPTY),
        (b'{"choices": []}', Reason.EMPTY),
        (b"<!doctype html><p>Sign in", Reason.HTML),
        (b'{"choices": [{"mess', Reason.NOT_JSON),
        (b"data: {}\n\ndata: [DONE]\n\n", Reason.NOT_JSON),
        (b"[" * 100_000, Reason.NOT_JSON),
        (b"\xff\xfe{}", Reason.NOT_JSON),
        (b"[]", Reason.WRONG_SCHEMA),
        (b'{"error": {"message": "with status 200"}}', Reason.WRONG_SCHEMA),
        (b'{"choices": null}', Reason.WRONG_SCHEMA),
        (b'{"choices": [{}]}', Reason.WRONG_SCHEMA),
        (completion([{"type": "text", "text": GOOD}]), Reason.WRONG_SCHEMA),
        (completion(GOOD[:20], "length"), Reason.TRUNCATED),
        (completion(GOOD, "length"), Reason.TRUNCATED),
        (completion("", "content_filter"), Reason.REFUSED),
        (completion(None, message={"refusal": "No."}), Reason.REFUSED),
        (completion("Certainly!"), Reason.NOT_JSON),
        (completion("<think>and it never stops"), Reason.EMPTY),
        (completion("```"), Reason.EMPTY),
        (completion("```\n" + "\n" * 100_000 + "x"), Reason.NOT_JSON),
        (completion(GOOD + GOOD), Reason.NOT_JSON),
        (completion("[" * 100_000), Reason.NOT_JSON),
        (completion("null"), Reason.WRONG_SCHEMA),
        (completion('{"criteria": []}'), Reason.WRONG_SCHEMA),
        (completion('{"criteria": [], "questions": [], "approved": true}'), Reason.WRONG_SCHEMA),
        (completion(None, "tool_calls", message={"tool_calls": [{"id": "1"}]}), Reason.EMPTY),
    ],
)
def test_each_odd_answer_has_its_reason(body: bytes, reason: Reason) -> None:
    assert reason_of(body) is reason


def test_a_page_is_known_by_its_type() -> None:
    assert reason_of(b"Sign in", "text/html; charset=utf-8") is Reason.HTML


def test_errors_hold_nothing_of_the_answer() -> None:
    for body in (completion("hunter2"), b"hunter2", b'{"hunter2": 1}', completion('{"hunter2": 1}')):
        with pytest.raises(WriterError) as raised:
            reply_from(read_answer(body), AcceptanceCriteria)
        assert "hunter2" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__
    assert "hunter2" not in repr(read_answer(completion("hunter2")))


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: completion(text))))
def test_any_bytes_are_a_reply_or_a_writer_error(body: bytes) -> None:
    with contextlib.suppress(WriterError):
        assert isinstance(reply_from(read_answer(body), AcceptanceCriteria), AcceptanceCriteria)
