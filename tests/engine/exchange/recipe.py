"""The documented signing recipe by the standard library alone: what the far side computes from the bytes that reached it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import unquote

HASHES = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}


def segment(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsegment(text: str) -> bytes:
    """The bytes of a base64url text without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def token(access_key: str, secret: str, nonce: str, hashed: str, algorithm: str) -> str:
    """The JWT for parameters whose text is `hashed`."""
    claims = {"access_key": access_key, "nonce": nonce}
    if hashed:
        claims |= {"query_hash": hashlib.sha512(hashed.encode()).hexdigest(), "query_hash_alg": "SHA512"}
    parts = [{"alg": algorithm, "typ": "JWT"}, claims]
    signed = ".".join(segment(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    return f"{signed}.{segment(hmac.new(secret.encode(), signed.encode(), HASHES[algorithm]).digest())}"


def text_of(query: str, body: bytes) -> str:
    """What a request's parameters hash as, from its raw query string and its body."""
    if body:
        members = json.loads(body).items()
        return "&".join(f"{name}={json.dumps(value) if isinstance(value, bool) else value}" for name, value in members)
    return unquote(query)


def claims_of(header: str, secret: str, query: str, body: bytes) -> dict[str, str]:
    """The claims of an Authorization header after checking signature and query hash. Raises ValueError naming what is wrong."""
    kind, _, jwt = header.partition(" ")
    head, claims, signature = jwt.split(".")
    algorithm = json.loads(unsegment(head))["alg"]
    right = hmac.new(secret.encode(), f"{head}.{claims}".encode(), HASHES[algorithm]).digest()
    if kind != "Bearer" or not hmac.compare_digest(right, unsegment(signature)):
        raise ValueError("jwt_verification")
    found: dict[str, str] = json.loads(unsegment(claims))
    text = text_of(query, body)
    if found.get("query_hash") != (hashlib.sha512(text.encode()).hexdigest() if text else None):
        raise ValueError("invalid_query_payload")
    return found
