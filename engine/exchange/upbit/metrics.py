"""Figures of a client as text that Prometheus reads (text exposition format 0.0.4): quotas of each group, and what the stream did. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.exchange.upbit.limits import Quota

#: name -> what it is, and a quota's field
_QUOTAS: Mapping[str, tuple[str, str]] = {
    "jangdan_upbit_quota_limit": ("Requests that a group allows in its shortest period.", "limit"),
    "jangdan_upbit_quota_left": ("Requests of the group that would go at once.", "left"),
    "jangdan_upbit_quota_waiting": ("Requests of the group that wait for their turn.", "waiting"),
    "jangdan_upbit_quota_held_seconds": ("Seconds until the group may be asked again after a refusal.", "held_seconds"),
}


def exposition(quotas: Iterable[Quota], counters: Mapping[str, tuple[str, int]]) -> str:
    """counters: name without prefix and `_total` -> what it counts, and how many so far."""
    found = list(quotas)
    lines: list[str] = []
    for name, (what, field) in _QUOTAS.items():
        lines += [f"# HELP {name} {what}", f"# TYPE {name} gauge"]
        lines += [f'{name}{{group="{quota.group}",scope="{quota.scope}",owner="{quota.owner}"}} {getattr(quota, field)}' for quota in found]
    for name, (what, count) in counters.items():
        whole = f"jangdan_{name}_total"
        lines += [f"# HELP {whole} {what}", f"# TYPE {whole} counter", f"{whole} {count}"]
    return "\n".join(lines) + "\n"
