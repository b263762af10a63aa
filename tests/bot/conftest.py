"""What tests of the bot share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot import cli
from tests.commands import Told


@pytest.fixture
def steward(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Runs the command in this process."""

    def run(*arguments: str | Path) -> Told:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        code = ended.value.code
        assert "Traceback" not in out + err
        return Told(code if isinstance(code, int) else int(code is not None), out, err)

    return run
