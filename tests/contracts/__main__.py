"""`python -m tests.contracts`: the contract against an exchange outside, by questions and order tests only; nothing of the account changes.

The key: JANGDAN_CONTRACT_ACCESS_KEY and JANGDAN_CONTRACT_SECRET_KEY, allowed to see the account and orders and to make orders (order tests
need it). Its account should hold some 20,000 KRW and as much in XRP: an order that is tested without money is refused for that. `--url`
is the address, the real exchange's where it is not given. Exit 1 where a case does not hold.
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.contracts.suite import all_cases, run_case
from tests.contracts.test_contracts import KEYS, REAL_ABSENT
from tests.contracts.venues import OrderTest


def main() -> int:
    """Run every case that the venue offers what it needs for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="https://api.upbit.com")
    url = parser.parse_args().url
    access, secret = (os.environ.get(name, "") for name in KEYS)
    if not access or not secret:
        print(REAL_ABSENT, file=sys.stderr)
        return 2
    house = OrderTest(url, access, secret)
    failed = 0
    for case in all_cases():
        found = run_case(case, house)
        word = "lacks " + ", ".join(sorted(found.lacking)) if found.lacking else found.failure or "holds"
        failed += bool(found.failure)
        print(f"{case.name}: {word}")
    house.close()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
