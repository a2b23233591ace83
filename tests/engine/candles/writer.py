"""A writer process for crash and concurrency tests: `python writer.py FOLDER MODE ...`.

versions N       write versions N, N+1, ... of two months for ever, saying "begin v" and "end v" around each
dies_at K        write version 1 of two months over version 0 and kill itself at the K-th file operation of the write
pieces FROM STEP COUNT   write every STEP-th hour of COUNT hours, one write each, from hour FROM on
"""

import os
import signal
import sys

from engine.candles.store import CandleStore
from tests.engine.candles.tables import LATE_JANUARY, full

#: two hours before and two after the end of a month
SPAN = (LATE_JANUARY, LATE_JANUARY + 4 * 3_600_000)
#: operations on files that Python announces before it does them
OPERATIONS = ("open", "os.rename", "os.mkdir", "os.remove", "fcntl.flock")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write_versions(store: CandleStore, first: int) -> None:
    for version in range(first, first + 100_000):
        say(f"begin {version}")
        store.write(full(*SPAN, version=version))
        say(f"end {version}")


def die_at(store: CandleStore, number: int) -> None:
    count = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if event == "fcntl.flock" or (event in OPERATIONS and str(arguments[0]).startswith(str(store.folder))):
            count += 1
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    table = full(*SPAN, version=1)  # what a first use imports is imported by now
    sys.addaudithook(watch)
    store.write(table)
    say("whole")


def write_pieces(store: CandleStore, first: int, step: int, count: int) -> None:
    for hour in range(first, count, step):
        start = LATE_JANUARY + hour * 3_600_000
        store.write(full(start, start + 3_600_000))
    say("done")


if __name__ == "__main__":
    candles = CandleStore(sys.argv[1])
    numbers = [int(argument) for argument in sys.argv[3:]]
    {"versions": write_versions, "dies_at": die_at, "pieces": write_pieces}[sys.argv[2]](candles, *numbers)
