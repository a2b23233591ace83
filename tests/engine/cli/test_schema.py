"""`jangdan schema`: one JSON document for each kind of file, in the user's language."""

from __future__ import annotations

import json

import pytest

from dsl.json_schema import FILES
from engine.cli.main import run


@pytest.mark.parametrize("kind", sorted(FILES))
def test_each_kind_prints_its_schema(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = {}
    for chosen in ("ko", "en"):
        assert run(["schema", kind, "--lang", chosen]) == 0
        shown[chosen] = json.loads(capsys.readouterr().out)
        assert shown[chosen]["properties"]["schema"]["enum"] == [f"{kind}/1"]
    assert shown["ko"]["description"] != shown["en"]["description"]


def test_a_kind_that_does_not_exist_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "strategie"]) == 2
    assert "strategy" in capsys.readouterr().err
