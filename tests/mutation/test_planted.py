"""The planted defects can still be planted where they are said to be, and their tests still exist. They run by tests.mutation.planted."""

from __future__ import annotations

from tests.mutation.planted import DEFECTS, REPOSITORY


def test_every_defect_stands_where_it_says_and_names_a_test() -> None:
    assert len(DEFECTS) >= 10
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)
    for defect in DEFECTS:
        assert (REPOSITORY / defect.file).read_text(encoding="utf-8").count(defect.old) == 1, defect.name
        assert defect.old != defect.new
        path, _, name = defect.test.partition("::")
        assert f"def {name}" in (REPOSITORY / path).read_text(encoding="utf-8"), defect.test
