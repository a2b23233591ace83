"""log, exp and sqrt against 60-digit arithmetic, in units in the last place."""

from __future__ import annotations

import decimal
import math
import random
from decimal import Decimal

from engine.kernel.ops.elementary import exponential, natural_log

CONTEXT = decimal.Context(prec=60, Emin=-9999, Emax=9999)


def _error_ulps(found: float, exact: Decimal) -> float:
    """Distance from the exact value in units in the last place of the result."""
    return float(abs(CONTEXT.subtract(Decimal(found), exact)) / Decimal(math.ulp(found)))


def _positive_numbers(rng: random.Random, count: int) -> list[float]:
    near_one = [1.0 + rng.uniform(-0.3, 0.4) for _ in range(count)]
    returns = [1.0 + rng.gauss(0.0, 1e-4) for _ in range(count)]
    anywhere = [math.ldexp(rng.uniform(0.5, 1.0), rng.randint(-1070, 1024)) for _ in range(count)]
    special = [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1.5e8, math.nextafter(1.0, 2.0), math.nextafter(1.0, 0.0)]
    edges = [math.nextafter(0.5**0.5, 1.0), math.nextafter(0.5**0.5, 0.0), 2.0**0.5, 0.5, 2.0]
    return near_one + returns + anywhere + special + edges


def test_log_is_within_one_ulp() -> None:
    numbers = _positive_numbers(random.Random(1), 2500)
    errors = [_error_ulps(natural_log(x), CONTEXT.ln(Decimal(x))) for x in numbers]
    assert len(errors) > 7500
    assert max(errors) < 1.0


def test_exp_is_within_one_ulp() -> None:
    rng = random.Random(2)
    numbers = [rng.uniform(-708.0, 709.78) for _ in range(2500)] + [rng.gauss(0.0, 1e-3) for _ in range(2500)]
    numbers += [rng.uniform(-1.0, 1.0) for _ in range(2500)] + [-708.39, 709.782712893384, 1e-300, 5e-324, -5e-324]
    errors = [_error_ulps(exponential(x), CONTEXT.exp(Decimal(x))) for x in numbers]
    assert len(errors) > 7500
    assert max(errors) < 1.0


def test_exp_of_very_negative_numbers_is_within_one_ulp_of_the_subnormal_grid() -> None:
    rng = random.Random(3)
    numbers = [rng.uniform(-745.13, -708.4) for _ in range(500)]
    errors = [_error_ulps(exponential(x), CONTEXT.exp(Decimal(x))) for x in numbers]
    assert max(errors) < 1.0


def test_exact_values_and_edges() -> None:
    assert natural_log(1.0) == 0.0
    assert exponential(0.0) == exponential(-0.0) == 1.0
    assert natural_log(math.inf) == exponential(math.inf) == exponential(709.79) == math.inf
    assert exponential(-math.inf) == exponential(-746.0) == 0.0
    for x in (0.0, -0.0, -1.0, -math.inf, math.nan):
        assert math.isnan(natural_log(x))
    assert math.isnan(exponential(math.nan))


def test_log_never_falls() -> None:
    rng = random.Random(4)
    for x in (rng.uniform(0.1, 10.0) for _ in range(5000)):
        assert natural_log(x) <= natural_log(math.nextafter(x, math.inf))
