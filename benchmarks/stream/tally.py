"""What a client under load has received. Standard library only: it runs in the peers' environments too."""

from __future__ import annotations

import json
import resource
import time

#: no message for so long: it is over
SILENCE_SECONDS = 3.0


class Tally:
    """One client's receipts. A message's stamp is when it was handed to the socket, in ns of the machine's monotonic clock."""

    def __init__(self) -> None:
        self.delays_ns: list[int] = []
        self.own: set[int] = set()
        self.first = self.last = 0.0
        self._started_seconds = 0.0

    def take(self, stamp_ns: int, own: int | None = None, at: float | None = None) -> None:
        """A message was parsed, now or at `at` (seconds)."""
        now = time.monotonic() if at is None else at
        if not self.first:
            self.first, self._started_seconds = now, _processor_seconds()
        self.last = now
        self.delays_ns.append(int(now * 1e9) - stamp_ns)
        if own is not None:
            self.own.add(own)

    @property
    def over(self) -> bool:
        """Whether nothing comes any more."""
        return bool(self.first) and time.monotonic() - self.last > SILENCE_SECONDS

    def report(self) -> str:
        """One line of JSON. CPU: since the first message."""
        found = sorted(self.delays_ns)
        return json.dumps(
            {
                "received": len(found),
                "own": len(self.own),
                "seconds": self.last - self.first,
                "cpu_seconds": _processor_seconds() - self._started_seconds,
                **{name: found[min(int(len(found) * share), len(found) - 1)] / 1e6 for name, share in SHARES.items()},
            }
        )


def _processor_seconds() -> float:
    """Of the process and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


SHARES = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999, "most_ms": 1.0}
