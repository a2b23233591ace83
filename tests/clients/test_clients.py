"""Clients that others wrote work against the served exchange: the docs' table is what was found, and is found again (deep)."""

from __future__ import annotations

import json

import pytest

from tests.clients.__main__ import CLIENTS, GOLDEN, MARKS, ROOT, all_results, table
from tests.clients.calls import CALLS


def test_the_docs_show_what_was_found() -> None:
    results = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert list(results) == list(CLIENTS)
    for calls in results.values():
        assert list(calls) == list(CALLS)
    switches = {switch for _, _, needed in CLIENTS.values() for switch in needed}
    found = [result for calls in results.values() for result in calls.values()]
    assert set(found) <= {*MARKS, *switches}, "every call that a client has works"
    assert found.count("ok") >= 50
    for name, korean in (("exchange.md", False), ("exchange.ko.md", True)):
        assert table(results, korean) in (ROOT / "docs" / name).read_text(encoding="utf-8"), "python -m tests.clients --write"


@pytest.mark.deep
@pytest.mark.parametrize("client", list(CLIENTS))
def test_clients_still_work(client: str) -> None:
    assert all_results([client])[client] == json.loads(GOLDEN.read_text(encoding="utf-8"))[client]
