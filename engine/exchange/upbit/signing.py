"""Signed requests: the bytes that are sent and the token that vouches for exactly them. Pure; the nonce is given.

Recipe (docs.upbit.com/kr, "auth", 2026-08-31): the token is a JWT whose payload is access_key, nonce and, when there are parameters,
query_hash = SHA-512 in hex of their text and query_hash_alg. The text of a query string is what was sent, before percent-encoding; the
text of a JSON body is its members as `key=value` joined by `&` in the order of the body.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, NoReturn, Self
from urllib.parse import quote

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm

#: what a parameter may be; None = not sent
Value = str | int | bool | Decimal | Sequence[str] | None
Parameters = Sequence[tuple[str, Value]]


class Algorithm(StrEnum):
    """How a token is signed. Upbit takes both and recommends HS512."""

    HS512 = "HS512"
    HS256 = "HS256"


class Secret:
    """Text that is never shown: not by repr, str, format, pickling or copying. Only `reveal` gives it out."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self.__text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.__text.encode(), other.__text.encode())

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down: read it again where it is kept")


@dataclass(frozen=True, slots=True)
class Keys:
    """An API key of one account (pocket)."""

    access_key: Secret
    secret_key: Secret
    algorithm: Algorithm = Algorithm.HS512


@dataclass(frozen=True, slots=True)
class Payload:
    """Parameters as they are sent and as they are hashed. query: percent-encoded, without `?`; body: JSON. hashed: "" = no parameters."""

    query: str
    body: bytes
    hashed: str


EMPTY: Final = Payload("", b"", "")


def query_payload(parameters: Parameters) -> Payload:
    """Parameters of GET and DELETE. Brackets in names stay as they are, a space becomes %20: decoding gives the hashed text again."""
    pairs = list(_pairs(parameters))
    query = "&".join(f"{quote(name, safe='[]')}={quote(text, safe='')}" for name, text in pairs)
    return Payload(query, b"", _joined(pairs))


def body_payload(parameters: Parameters) -> Payload:
    """Parameters of POST, as a JSON object in their order. Numbers are sent as text, so that no reader takes them for floats."""
    present = {name: value for name, value in parameters if value is not None}
    if not present:
        return EMPTY
    members = {name: value if isinstance(value, bool) else _text(value) for name, value in present.items()}
    body = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    return Payload("", body.encode(), _joined(_pairs(parameters)))


def authorization(keys: Keys, nonce: str, hashed: str) -> str:
    """Value of the Authorization header. nonce: another one for every request. hashed: Payload.hashed."""
    claims = {"access_key": keys.access_key.reveal(), "nonce": nonce}
    if hashed:
        claims["query_hash"] = hashlib.sha512(hashed.encode()).hexdigest()
        claims["query_hash_alg"] = "SHA512"
    payload = json.dumps(claims, separators=(",", ":")).encode()
    return f"Bearer {_JWS.encode(payload, keys.secret_key.reveal(), algorithm=str(keys.algorithm))}"


def decimal_text(value: Decimal) -> str:
    """The number without an exponent, as the exchange reads it: 1E-8 -> 0.00000001. Raises ValueError for what is not finite."""
    if not value.is_finite():
        raise ValueError(f"{value} cannot be sent")
    return format(value, "f")


def _pairs(parameters: Parameters) -> Iterable[tuple[str, str]]:
    """Name and text of each parameter that is sent; an array repeats its name with brackets. An empty one would silently mean all."""
    for name, value in parameters:
        if isinstance(value, Sequence) and not isinstance(value, str):
            if not value:
                raise ValueError(f"{name} is empty: leave it out, or name something")
            yield from ((f"{name}[]", item) for item in value)
        elif value is not None:
            yield name, _text(value)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, str | int):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be a parameter of a body")


def _joined(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{name}={text}" for name, text in pairs)


class _Hmac(HMACAlgorithm):
    """HMAC without the warning about keys shorter than the hash: the exchange issues the keys, and they are about 40 characters."""

    def check_key_length(self, key: bytes) -> None:
        del key


def _signer() -> PyJWS:
    signer = PyJWS(algorithms=[])
    signer.register_algorithm(Algorithm.HS512, _Hmac(HMACAlgorithm.SHA512))
    signer.register_algorithm(Algorithm.HS256, _Hmac(HMACAlgorithm.SHA256))
    return signer


_JWS: Final = _signer()
