"""Who asks: the JWT of a private request, its signature, its nonce, and the hash of exactly the parameters that were received."""

from __future__ import annotations

import hashlib
import hmac
import json
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

import jwt
from jwt.warnings import InsecureKeyLengthWarning

from engine.exchange.simulated.venue.errors import RefusedError

ALGORITHMS: Final = ["HS256", "HS512"]
PERMISSIONS: Final = frozenset(
    {
        "view_asset",
        "view_orders",
        "make_orders",
        "view_deposits",
        "make_deposits",
        "view_withdrawals",
        "make_withdrawals",
        "move_pockets",
    }
)
#: nonces that are remembered
_NONCES: Final = 200_000
_HASHES: Final = {"SHA512": hashlib.sha512, "SHA256": hashlib.sha256}


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """An API key of the account. expired: refuses as a key does whose year is over."""

    access: str
    secret: str
    permissions: frozenset[str] = PERMISSIONS
    expired: bool = False


class Gate:
    """The keys of the account, and the nonces that were seen."""

    def __init__(self, keys: list[Key]) -> None:
        self._keys = {key.access: key for key in keys}
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()

    def enter(self, header: str | None, query: str, body: bytes, permission: str | None) -> Key:
        """The key that signed a request. query: as received, percent-encoded; permission: what the request needs, None = nothing.

        Raises RefusedError with the exchange's name for what is wrong.
        """
        claims, key = self._claims(header)
        if key.expired:
            raise RefusedError("expired_access_key")
        nonce = claims.get("nonce")
        if not isinstance(nonce, str | int) or not str(nonce):
            raise RefusedError("jwt_verification")
        if (key.access, str(nonce)) in self._seen:
            raise RefusedError("nonce_used")
        self._seen[key.access, str(nonce)] = None
        if len(self._seen) > _NONCES:
            self._seen.popitem(last=False)
        _check_hash(claims, hashed_text(query, body))
        if permission is not None and permission not in key.permissions:
            raise RefusedError("out_of_scope")
        return key

    def _claims(self, header: str | None) -> tuple[dict[str, Any], Key]:
        """Claims and key of the header, its signature checked."""
        kind, _, token = (header or "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise RefusedError("no_authorization_token")
        try:
            unchecked: dict[str, Any] = jwt.decode(token.strip(), options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise RefusedError("jwt_verification") from error
        key = self._keys.get(str(unchecked.get("access_key")))
        if key is None:
            raise RefusedError("invalid_access_key")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InsecureKeyLengthWarning)  # the exchange's own secrets are shorter than a hash
                claims: dict[str, Any] = jwt.decode(token.strip(), key.secret, algorithms=ALGORITHMS)
        except jwt.PyJWTError as error:
            raise RefusedError("jwt_verification") from error
        return claims, key


def hashed_text(query: str, body: bytes) -> str:
    """What the parameters of a request hash as: the query string before percent-encoding, else the JSON body as `k=v&k=v`."""
    if not body:
        return unquote(query)
    parts = []
    for name, value in read_body(body, as_text=True).items():
        if value is None:
            continue
        several = [(f"{name}[]", item) for item in value] if isinstance(value, list) else [(name, value)]
        parts += [f"{label}={_printed(item)}" for label, item in several]
    return "&".join(parts)


def read_body(body: bytes, *, as_text: bool = False) -> dict[str, Any]:
    """The JSON object of a request. as_text: numbers as they are written. Raises RefusedError bad_request for anything else."""
    try:
        found = json.loads(body, parse_float=str, parse_int=str) if as_text else json.loads(body, parse_float=str)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise RefusedError("bad_request") from error
    if not isinstance(found, dict):
        raise RefusedError("bad_request")
    return found


def _check_hash(claims: dict[str, Any], text: str) -> None:
    if not text:
        return
    hashing = _HASHES.get(str(claims.get("query_hash_alg", "SHA512")))
    given = claims.get("query_hash")
    if (
        hashing is None
        or not isinstance(given, str)
        or not hmac.compare_digest(given.encode(), hashing(text.encode()).hexdigest().encode())
    ):
        raise RefusedError("invalid_query_payload")


def _printed(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
