"""The words of a project: asked for once, asked for anew where something is unknown, never again and again in vain."""

from __future__ import annotations

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.azure_devops.organisation.process import Processes
from integrations.sandbox.records import Term
from integrations.sandbox.site import Mounted


class Clock:
    now = 1.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def processes(bot: AzureDevOpsConnection, clock: Clock) -> Processes:
    return Processes(bot.reader._session, clock)


def asked(ado: Mounted) -> int:
    return len([one for one in ado.faults.requests if "/wit/workitemtype" in one.path.lower()])


def test_one_request_tells_the_words_of_all_types(ado: Mounted, processes: Processes) -> None:
    for item_type in ("Bug", "Task", "User Story", "Bug"):
        assert "System.Title" in processes.words("Shop", item_type, "New").fields
    assert asked(ado) == 1


def test_what_is_not_there_is_asked_for_once(ado: Mounted, processes: Processes) -> None:
    for _ in range(3):
        assert processes.words("Shop", "Saga", "New").states == {}
        assert "Gone" not in processes.words("Shop", "Bug", "Gone").states
    assert asked(ado) == 1 + 1 + 2


def test_a_new_state_is_known_at_once_and_a_new_field_within_the_hour(
    ado: Mounted, processes: Processes, clock: Clock
) -> None:
    assert "Waiting" not in processes.words("Shop", "Bug").states
    ado.tracker.add_term(Term("status", 0, "Waiting", "doing"))
    assert processes.words("Shop", "Bug", "Waiting").states["Waiting"] == "InProgress"
    before = asked(ado)
    clock.now += 3601
    processes.words("Shop", "Bug")
    assert asked(ado) == before + 1


def test_a_process_without_sub_tasks_is_asked_once(
    ado: Mounted, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.azure_devops.organisation.process.SUBTASKS", "Microsoft.NoneCategory")
    assert [processes.subtask_types("Shop") for _ in range(3)] == [(), (), ()]
    assert asked(ado) == 1
