from pathlib import Path

import pytest

from prompts.cases import Case, Expectation, check_library, judge, load_cases
from prompts.library import HERE, PromptError
from prompts.replies import AcceptanceCriteria, DraftedCriterion

REPLY = AcceptanceCriteria(
    criteria=[DraftedCriterion(text="When Export is pressed, then a CSV file is downloaded", is_assumption=False)],
    questions=["Which columns?"],
)


def copied(folder: Path, before: str = "", after: str = "") -> Path:
    text = (HERE / "acceptance_criteria.prompty").read_text(encoding="utf-8")
    assert before in text
    (folder / "acceptance_criteria.prompty").write_text(text.replace(before, after), encoding="utf-8")
    return folder


def test_our_own_library_is_sound() -> None:
    checks = check_library()
    assert {check.name: check.problems for check in checks} == {"acceptance_criteria": ()}
    assert all(0 < check.tokens <= check.budget and check.cases >= 5 for check in checks)


def test_a_case_that_holds_misses_nothing() -> None:
    expect = Expectation(counts={"criteria": (1, 3)}, mentions=("export", "csv"), never=("http",))
    assert judge(Case(name="a", inputs={}, expect=expect), REPLY) == ()


def test_each_miss_is_told() -> None:
    expect = Expectation(counts={"criteria": (2, 3), "poems": (1, 1)}, mentions=("import",), never=("CSV",))
    assert judge(Case(name="a", inputs={}, expect=expect), REPLY) == (
        "1 criteria, expected 2 to 3",
        "0 poems, expected 1 to 1",
        "does not mention 'import'",
        "says 'CSV'",
    )


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("budget: 8000", "budget: 1500", "every input at its limit': about "),
        ("system:\n", "user:\n", "not a fixed system message"),
        ("JSON", "YAML", "does not say JSON"),
        ("{{ title }}", "{{ title.missing }}", "while rendering"),
    ],
)
def test_a_prompt_that_loads_and_yet_is_not_sound_is_told(
    tmp_path: Path, before: str, after: str, problem: str
) -> None:
    (check,) = check_library(copied(tmp_path, before, after))
    assert any(problem in line for line in check.problems), check.problems


def test_a_prompt_that_does_not_load_is_a_problem_with_its_file(tmp_path: Path) -> None:
    (check,) = check_library(copied(tmp_path, "version: 1.1.0", "version: soon"))
    assert check.name == "acceptance_criteria"
    assert "front matter, version" in check.problems[0]


def test_a_folder_that_does_not_exist_is_a_problem(tmp_path: Path) -> None:
    (check,) = check_library(tmp_path / "nowhere")
    assert "does not exist" in check.problems[0]


def test_a_teams_cases_replace_ours(tmp_path: Path) -> None:
    assert load_cases("acceptance_criteria", tmp_path) == load_cases("acceptance_criteria")
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "acceptance_criteria.yaml").write_text("- {name: own, inputs: {title: a}}", encoding="utf-8")
    assert [case.name for case in load_cases("acceptance_criteria", tmp_path)] == ["own"]
    (check,) = check_library(tmp_path)
    assert "inputs differ" in check.problems[0]


@pytest.mark.parametrize("text", ["- {name: own}", "just words", "- [", "- {name: a, inputs: {}, colour: red}"])
def test_broken_cases_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "acceptance_criteria.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PromptError, match=r"acceptance_criteria\.yaml"):
        load_cases("acceptance_criteria", tmp_path)
