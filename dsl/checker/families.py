"""Names of the language with a dot (`acct.cash`, `book.spread`, `across.rank`): the members that each first part has."""

from __future__ import annotations

from dsl.catalogue import ACCOUNT_SERIES, ORDER_SERIES, POSITION_SERIES, Catalogue
from dsl.document import suggestion
from dsl.side_series import ACROSS, SIDE_SERIES

FAMILIES = ("pos", "acct", "order", "cost", "book", "flow", "market", "across")


def members(name: str, catalogue: Catalogue) -> list[str]:
    """All names that begin as `name` does, up to its first dot; none where the language has no such names."""
    family = name.partition(".")[0]
    functions = [key for key, function in catalogue.items() if function.callable_by_user]
    known = dict.fromkeys([*POSITION_SERIES, *ACCOUNT_SERIES, *ORDER_SERIES, *SIDE_SERIES, *ACROSS, *functions])
    return [key for key in known if key.startswith(f"{family}.")] if family in FAMILIES else []


def member_meant(name: str, known: list[str]) -> str | None:
    """The member that is spelt like `name`; the first part, which all have, does not count."""
    family, _, rest = name.partition(".")
    meant = suggestion(rest, [key.removeprefix(f"{family}.") for key in known]) if rest else None
    return None if meant is None else f"{family}.{meant}"
