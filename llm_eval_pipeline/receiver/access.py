"""Who may send: everybody on this machine, and others only with the token."""

from __future__ import annotations

import hmac
import ipaddress

from pydantic import SecretStr

from llm_eval_pipeline.receiver.refusals import RefusedError


class ReceiverError(RuntimeError):
    """The receiver cannot start. The text says why, and names the setting."""


class Access:
    """The token that requests must carry; an empty one lets all in."""

    def __init__(self, token: SecretStr) -> None:
        said = token.get_secret_value().strip()
        self._expected = f"Bearer {said}".encode() if said else b""

    def check(self, authorization: bytes | None) -> None:
        """Let a request in by its ``Authorization`` header.

        Raises:
            RefusedError: when the header is not there, or holds another token.
        """
        if not self._expected:
            return
        scheme, _, given_token = (authorization or b"").partition(b" ")
        given = scheme.title() + b" " + given_token.strip()
        if not hmac.compare_digest(given, self._expected):
            raise RefusedError(
                401, "unauthorised", "the token is missing or wrong: send it as Authorization: Bearer <token>"
            )


def refuse_open_door(host: str, token: SecretStr) -> None:
    """Refuse to listen where others than this machine may come, without a token.

    Raises:
        ReceiverError: for an address that is not this machine's alone, and no token.
    """
    if not token.get_secret_value().strip() and not _is_this_machine(host):
        raise ReceiverError(
            f"LLM_EVAL_RECEIVER_HOST is {host}, where other machines may send: set LLM_EVAL_RECEIVER_TOKEN, which "
            "they must know, or leave the host at 127.0.0.1"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
