"""Naughty strings go through as text, the bot's own secrets stay where they are, and the audit tells what was done to
it."""

from __future__ import annotations

import base64
import json
import logging
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
import structlog
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from typer.testing import CliRunner

from bot.cli import app
from bot.flows import outcome
from bot.settings import load
from bot.store import audit, inbox
from bot.store.audit import AuditContent, AuditRow
from bot.telemetry import tracing
from bot.telemetry.connections import Hearing
from bot.telemetry.metrics import exposition
from bot.telemetry.otlp import collecting
from bot.telemetry.status.looking import look, snapshot
from bot.web.serving import Server
from integrations.sandbox.model import serve_model
from tests.flavours import MOST
from tests.postgres import ROLE, PostgresServer, binaries

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
LOUD = "daily_budget = 1000\nbulk_items = 1000"
OWN_STRINGS = [
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{html}<b>x</b>{html} {code} {noformat} h1. *x* _y_ -z- +w+ ^v^ ~u~ ??t?? !s! |r| ||q||",
    "[~accountid:1] [x|https://evil.example] @<0b8f3b6e-1111-2222-3333-444455556666>",
    "' OR 1=1 -- \\ %s %d %n {0} ${x} {{x}} `x` $(x)",
    "\u202etest\u202e \u200b\u2028\u2029 \ufeff \u0000 \u001b[31m",
    "Z\u0337\u0351\u036e\u0340a\u0334lgo \U0001f469\u200d\U0001f467 \u0627\u0644\u0639 \uff21",
    "\ud83d alone",
    "-- > # * + 1. a) ``` ~~~ ***",
    "steward accept \u2460",
    "NULL undefined NaN Infinity 1e309 0x0",
]


def strings(folder: Path | None) -> list[str]:
    """All naughty strings; lone halves of surrogate pairs cannot be sent and are left out."""
    listed = list(OWN_STRINGS)
    path = folder / "data" / "hostile" / "blns" / "blns.json" if folder else None
    if path is not None and path.is_file():
        listed += json.loads(path.read_text("utf-8"))
    return [text.encode("utf-8", "ignore").decode("utf-8").replace("\x00", "") or "0" for text in listed]


@pytest.fixture(params=["own", "blns"])
def naughty(request: pytest.FixtureRequest) -> list[str]:
    """Strings that break programs: our own, and a well-known list where it is there."""
    return strings(None if request.param == "own" else request.getfixturevalue("shared"))


def letters(world: Any) -> list[str]:
    with world.db.read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]


def live(world: Any, item: Any) -> list[str]:
    """Whatever in the bot's comments is more than text, emphasis, lists, and links to items."""
    found: list[str] = []
    for comment in world.tracker.comments(item.id):
        if comment.author != "steward":
            continue
        if world.flavour == "jira-cloud":
            allowed = {"doc", "paragraph", "text", "bulletList", "listItem", "hardBreak", "heading"}
            found += [kind for kind in _kinds(comment.body) if kind not in allowed]
        elif world.flavour == "azure-devops":
            allowed = {"div", "p", "b", "i", "strong", "em", "code", "ul", "li", "br", "a", "s", "del", "span", "h3"}
            tags = re.findall(r"<\s*/?\s*([a-zA-Z][\w-]*)", comment.body)
            found += [tag for tag in tags if tag.lower() not in allowed]
            found += re.findall(r"<[^>]*(?:\son\w+=|javascript:)[^>]*>", comment.body)
        else:
            found += re.findall(r"(?<!\\)\{(?:html|code|noformat|panel|include|quote|color)\b[^}]*\}", comment.body)
            found += re.findall(
                r"(?<!\\)\[~[^\]]*\]|(?<!\\)\[[^\]|]*\|?(?:https?:|javascript:)[^\]]*evil[^\]]*\]", comment.body
            )
    return found


def _kinds(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield str(node.get("type"))
        for child in node.get("content") or []:
            yield from _kinds(child)


@pytest.mark.parametrize("flavour", MOST)
def test_fault_45_naughty_strings_are_text_from_title_to_answer(
    make_world: Callable[..., Any], naughty: list[str], flavour: str
) -> None:
    world = make_world(flavour, project=LOUD)
    rounds, spoken, applied = 8, 0, 0
    for start in range(rounds):
        group = naughty[start::rounds]
        title = " ".join(f"Save {' '.join(group)}".split())[:240]
        item = world.file(title, f"{STORY[1]}\n\n" + "\n".join(group[:6]))
        world.tracker.set_user("dana", display_name=(group[0].strip() or "Dana")[:80])
        world.say("lee", item, "\n".join(group))
        world.say("lee", item, "\n".join(f"steward accept {text}" for text in group[:8]))
        world.work()
        if "1. " in world.proposal(item):
            spoken += 1
            world.say("dana", item, "steward accept 1")
        world.say("dana", item, f"steward reject 99 {group[-1]}")
        world.work()
        # Text that leaves a macro open has no place where a section could safely be put.
        applied += "accepted" in world.proposal(item)
        assert "accepted" in world.proposal(item) or "not applied" in world.proposal(item) or not world.proposal(item)
        assert live(world, item) == []
    assert spoken >= rounds // 2
    assert applied >= rounds // 2
    assert not letters(world)


# 50: the bot's own secrets


class Secrets:
    """Secrets of the bot's own, each a word of its own, and the file where it lies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words: dict[str, str] = {}

    def named(self, name: str, form: str = "{}") -> str:
        """A reference to a new secret, as it stands in the settings; `form` is what is written around it."""
        word = f"canary{len(self.words):02}x{name.replace('_', '')}x7491"
        self.words[name] = word
        path = self.folder / f"secret-{name}"
        path.write_text(form.format(word))
        return f'{{ file = "{path}" }}'

    def found_in(self, told: str | bytes) -> list[str]:
        """The names of the secrets that stand there, as they are, in base 64 or in hex."""
        text = told if isinstance(told, bytes) else told.encode("utf-8", "replace")
        return [
            name
            for name, word in self.words.items()
            if word.encode() in text
            or word.encode().hex().encode() in text
            or any(base64.b64encode(b"x" * shift + word.encode())[4:-4] in text for shift in range(3))
        ]


def keep_secrets(world: Any, secrets: Secrets, model_url: str) -> None:
    """Give the world's bot more than twenty secrets, one of each kind at least, and wire it anew with them."""
    file = next(secrets.folder.glob("world-*/steward.toml"))
    text = file.read_text()
    text = re.sub(r"token = \{[^}]*\}", lambda _: f"token = {secrets.named('token')}", text, count=1)
    text = re.sub(r"webhook_secret = \{[^}]*\}", lambda _: f"webhook_secret = {secrets.named('hook')}", text, count=1)
    rule = f"automation_secret = {secrets.named('button')}\n" if world.flavour != "azure-devops" else ""
    old = rule + f"webhook_secret_old = {secrets.named('old_hook')}\nwebhook_secret_old_until = 2100-01-01T00:00:00Z\n"
    text = text.replace("[projects.main]", f"{old}[projects.main]")
    for number in range(5):
        names = [f"{kind}_{number}" for kind in ("token", "hook", "old_hook")]
        token, hook, old_hook = (secrets.named(name) for name in names)
        text += (
            f'\n[connections.spare{number}]\nkind = "jira-data-center"\nurl = "http://127.0.0.1:9"\ntoken = {token}\n'
            f"webhook_secret = {hook}\nwebhook_secret_old = {old_hook}\n"
            "webhook_secret_old_until = 2100-01-01T00:00:00Z\n"
            f"proxy = {secrets.named(f'proxy_{number}', 'http://steward:{}@127.0.0.1:9')}\n"
        )
    entra = f'tenant = "contoso.example"\nclient_id = "1"\nclient_secret = {secrets.named("client")}\n'
    text += f'\n[connections.entra]\nkind = "azure-devops"\nurl = "http://127.0.0.1:9/contoso"\n{entra}'
    text += f'\n[model]\nbase_url = "{model_url}"\nname = "sandbox"\nkey = {secrets.named("model_key")}\ndeadline = 1\n'
    file.write_text(text)
    world.tracker.set_user("steward", token=secrets.words["token"])
    world.settings = load(file)
    world.wire()
    world.server.close()
    world.server = Server(world._app(), "127.0.0.1", 0, threads=4)
    world.server.start()
    for hook in world.mounted.webhooks.hooks():
        world.mounted.webhooks.remove(hook.id)
    vendor = "azure-devops" if world.flavour == "azure-devops" else "jira"
    url, word = f"{world.server.url}/webhooks/{vendor}/tracker", secrets.words["hook"]
    if vendor == "jira":
        world.mounted.webhooks.register(url, secret=word)
    else:
        world.mounted.webhooks.register(url, basic=("steward", word))


def stored_by(world: Any) -> dict[str, bytes]:
    """All that the bot keeps: its files, and on PostgreSQL the dump of its database."""
    kept = {path.name: path.read_bytes() for path in world.settings.data.rglob("*") if path.is_file()}
    if not world.db.is_sqlite:
        folder = binaries()
        assert folder is not None
        kept["dump"] = subprocess.run([folder / "pg_dump", world.db.url], capture_output=True, check=True).stdout
    return kept


def trouble(world: Any) -> tuple[str, list[Any]]:
    """A day on which everything goes wrong once; returns what strangers were answered, and the items."""
    item = world.file(*STORY)
    world.work()
    world.say("dana", item, "steward accept 1")
    world.say("rae", item, "steward accept 1")
    world.work()
    assert "accepted by" in world.proposal(item)
    said, items = "", [item]
    token = world.tracker.user("steward").token
    for status in (400, 401, 500):
        world.mounted.faults.answer(status, times=1, path="(?i)/issue|workitem", body=f"Authorization was {token}")
        items.append(world.file(f"{STORY[0]} {status}", STORY[1]))
        world.work(rounds=30)
        world.mounted.faults.clear()
    vendor = "azure-devops" if world.flavour == "azure-devops" else "jira"
    for body in (b"{", b"[]", b'{"webhookEvent": "x"}'):
        for auth in (None, ("steward", "wrong")):
            answer = requests.post(f"{world.server.url}/webhooks/{vendor}/tracker", data=body, auth=auth, timeout=10)
            said += answer.text + str(answer.headers)
    for path in ("", "readyz", "healthz", "nothing", "webhooks/jira/spare0", "metrics"):
        said += requests.get(f"{world.server.url}/{path}", timeout=10).text
    return said, items


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Traces are on; holds the spans that have ended."""
    exporter = InMemorySpanExporter()
    tracing.use(collecting(exporter))
    yield exporter
    tracing.stop()


@pytest.mark.parametrize(
    ("flavour", "database"),
    [("jira-cloud", "sqlite"), ("jira-data-center", "postgresql"), ("azure-devops", "sqlite")],
)
def test_fault_50_the_bots_own_secrets_are_nowhere_but_where_they_belong(
    make_world: Callable[..., Any],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    spans: InMemorySpanExporter,
    flavour: str,
    database: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = Secrets(tmp_path)
    secrets.named("database")
    account = f"{ROLE}:{secrets.words['database']}"
    monkeypatch.setattr(
        PostgresServer, "url", lambda self, name: f"postgresql://{account}@127.0.0.1:{self.port}/{name}"
    )
    world = make_world(flavour, project=LOUD, database=database)
    with serve_model("rate_limited", "down", "garbage", "good") as model, structlog.testing.capture_logs() as logged:
        keep_secrets(world, secrets, model.base_url)
        assert len(secrets.words) >= 25
        answered, items = trouble(world)
        file = next(tmp_path.glob("world-*/steward.toml"))
        runner = CliRunner()
        commands = [["proposals"], ["proposals", "--json"], ["audit", "verify"], ["egress"], ["egress", "--json"]]
        commands += [["dead-letters", "list"], ["dead-letters", "show", "1"], ["webhooks", "check", "tracker"]]
        commands += [["doctor"]] if flavour == "jira-cloud" else []
        printed = "".join(runner.invoke(app, [*command, "--config", str(file)]).output for command in commands)
    traced = encode_spans(spans.get_finished_spans()).SerializeToString()
    assert b"tracker POST" in traced
    assert secrets.found_in(traced) == []
    assert logged
    assert "Shop" in printed or "SHOP" in printed
    assert secrets.found_in(json.dumps(logged, default=repr)) == []
    assert secrets.found_in(caplog.text) == []
    assert secrets.found_in(answered) == []
    assert secrets.found_in(printed) == []
    assert "127.0.0.1:9" in printed, "egress names each host"
    told = look(world.settings, world.db, dict, Hearing(), world.queue.now, "0.1.0")
    numbers, _ = exposition(lambda: snapshot(world.db, world.settings.connections, dict, world.queue.now, "0.1.0"))("")
    assert secrets.found_in(repr(told)) == []
    assert secrets.found_in(numbers) == []
    assert secrets.found_in(repr(world.settings) + repr(world.wired)) == []
    shown = [comment.body for item in items for comment in world.tracker.comments(item.id)]
    assert secrets.found_in(json.dumps(shown)) == []
    stored = stored_by(world)
    assert b"dead_letters" in stored["steward.db" if database == "sqlite" else "dump"]
    assert {name: found for name, held in stored.items() if (found := secrets.found_in(held))} == {}


def test_fault_50_a_bug_that_quotes_a_secret_is_kept_without_its_words(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world("jira-cloud")

    def broken(*_: Any) -> None:
        raise RuntimeError("canary-in-a-message")

    guarded = outcome.guarded(broken, world.wired.triage)
    monkeypatch.setitem(world.queue.jobs, "triage", guarded)
    world.file(*STORY)
    with structlog.testing.capture_logs() as logged:
        world.work()
    assert letters(world) == ["an internal error (RuntimeError)"]
    assert "canary" not in json.dumps(logged, default=repr)
    assert not any(b"canary" in path.read_bytes() for path in world.settings.data.rglob("*") if path.is_file())


def test_fault_50_a_database_that_does_not_answer_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_URL", "postgresql+psycopg://steward:canary-password@127.0.0.1:9/steward")
    file = tmp_path / "steward.toml"
    monkeypatch.setenv("TOKEN", "canary-token")
    file.write_text(
        '[engine]\ndatabase_url = { env = "DB_URL" }\n[connections.a]\nkind = "jira-data-center"\n'
        'url = "http://127.0.0.1:9"\ntoken = { env = "TOKEN" }\n[projects.X]\nconnection = "a"\n'
    )
    for command in (["doctor"], ["proposals"], ["audit", "verify"]):
        result = CliRunner().invoke(app, [*command, "--config", str(file)])
        assert result.exit_code != 0
        told = result.output + repr(result.exception)
        assert "canary" not in told


# 51: the audit


@pytest.fixture
def audited(make_world: Callable[..., Any]) -> Any:
    """A world in which things were proposed, accepted, refused and undone."""
    world = make_world("jira-cloud")
    item = world.file(*STORY)
    world.work()
    for who, text in (("rae", "steward accept 1"), ("dana", "steward accept 1"), ("dana", "steward undo 1")):
        world.say(who, item, text)
        world.work()
    with world.db.read() as session:
        assert audit.length(session) >= 4
        assert list(audit.verify(session)) == []
    return world


def faults_after(world: Any, *statements: Any) -> str:
    """What the verification says once somebody has done this to the database."""
    with world.db.write() as session:
        for statement in statements:
            session.execute(statement)
    with world.db.read() as session:
        return "\n".join(audit.verify(session))


@pytest.mark.parametrize(
    "column", ["action", "subject", "at", "commitment", "previous", "hash"], ids=lambda column: str(column)
)
def test_fault_51_an_altered_row_is_named(audited: Any, column: str) -> None:
    value = "f" * 64 if column in ("commitment", "previous", "hash") else "2026-01-01"
    assert "Row 2 " in faults_after(audited, sa.update(AuditRow).where(AuditRow.number == 2).values(**{column: value}))


def test_fault_51_altered_contents_are_named(audited: Any) -> None:
    forged = sa.update(AuditContent).where(AuditContent.number == 2).values(content='{"by": "somebody else"}')
    assert "contents of row 2" in faults_after(audited, forged)


def test_fault_51_a_row_that_was_dropped_is_named(audited: Any) -> None:
    assert "Row 2 is missing" in faults_after(audited, sa.delete(AuditRow).where(AuditRow.number == 2))


def test_fault_51_the_first_and_the_last_row_are_missed_too(audited: Any) -> None:
    with audited.db.read() as session:
        last = audit.length(session)
    told = faults_after(audited, sa.delete(AuditRow).where(AuditRow.number.in_((1, last))))
    assert "Row 1 is missing" in told
    assert f"Row {last} is missing" in told


def test_fault_51_rows_that_changed_places_are_named(audited: Any) -> None:
    def renumber(old: int, new: int) -> list[Any]:
        return [sa.update(table).where(table.number == old).values(number=new) for table in (AuditRow, AuditContent)]

    told = faults_after(audited, *renumber(2, 1000), *renumber(3, 2), *renumber(1000, 3))
    assert "Row 2 " in told
    assert "Row 3 " in told


def test_fault_51_a_forged_row_with_a_right_hash_of_its_own_breaks_the_chain(audited: Any) -> None:
    with audited.db.write() as session:
        row = session.get(AuditRow, 2)
        assert row is not None
        row.action = "forged"
        row.hash = audit._link(row)
    with audited.db.read() as session:
        assert "Row 3 does not follow" in "\n".join(audit.verify(session))


def test_fault_51_contents_that_nobody_replaced_or_dropped_by_the_rules_are_missed(audited: Any) -> None:
    told = faults_after(audited, sa.delete(AuditContent).where(AuditContent.number == 2))
    assert told == "The contents of row 2 are missing."


def test_fault_52_erased_contents_leave_the_chain_whole(audited: Any) -> None:
    with audited.db.write() as session:
        replaced = {"2": audit.replace(session, 2, {"by": ""})}
        audit.record(session, "erased", "tracker", {audit.REPLACED: replaced}, audited.queue.now())
    assert faults_after(audited) == ""
    forged = sa.update(AuditContent).where(AuditContent.number == 2).values(content='{"by": "somebody else"}')
    assert faults_after(audited, forged) == "The contents of row 2 were altered."


def test_fault_51_the_command_names_the_row_and_fails(audited: Any, tmp_path: Path) -> None:
    file = next(tmp_path.glob("world-*/steward.toml"))
    whole = CliRunner().invoke(app, ["audit", "verify", "--config", str(file)])
    assert (whole.exit_code, "is whole" in whole.output) == (0, True)
    faults_after(audited, sa.delete(AuditRow).where(AuditRow.number == 2))
    broken = CliRunner().invoke(app, ["audit", "verify", "--config", str(file)])
    assert broken.exit_code == 1
    assert "Row 2 is missing" in broken.output
