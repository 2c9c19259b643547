"""The one door to Consul's key-value store. Speaks dataclasses, knows no models."""

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from consul import ACLDisabled, ACLPermissionDenied, Consul, ConsulException
from consul.callback import CB

from deployments import keys
from portal.core.sentences import NOTHING, Sentence


@dataclass(frozen=True)
class Entry:
    """A stored value. What is not UTF-8 text comes as base64, to be looked at and not edited."""

    key: str
    value: str = field(repr=False)
    base64: bool
    modify_index: int

    @classmethod
    def from_consul(cls, prefix: str, row: dict[str, Any]) -> Self:
        raw: bytes = row["Value"] or b""  # Consul gives an empty value as null
        key, index = row["Key"].removeprefix(prefix), row["ModifyIndex"]
        try:
            return cls(key, raw.decode(), base64=False, modify_index=index)
        except UnicodeDecodeError:
            return cls(key, base64.b64encode(raw).decode(), base64=True, modify_index=index)


@dataclass(frozen=True)
class Snapshot:
    """A service's keys at one moment. Empty also when the token may not read them: Consul does not tell."""

    entries: tuple[Entry, ...]

    def get(self, key: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == key), None)


@dataclass(frozen=True)
class Change:
    """A wish to write a value, or with None to delete the key.

    base_index is the modify_index of the entry the editor saw; 0: there was none, so create only.
    """

    key: str
    value: str | None = field(repr=False)
    base_index: int


@dataclass(frozen=True)
class Conflict:
    """A key that changed since the editor looked; theirs is None when it is gone now."""

    key: str
    theirs: Entry | None


class ConsulFailure(Exception):
    """Consul did not do what was asked."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class ConsulUnavailable(ConsulFailure):
    """Nobody answers, or what answers cannot serve."""


class ConsulDenied(ConsulFailure):
    """The token is unknown or lacks the right."""


class ConsulTooLarge(ConsulFailure):
    """More than Consul takes at once; nothing was saved."""


class ConsulConflict(ConsulFailure):
    """Someone else was faster; nothing was saved."""

    def __init__(self, conflicting: tuple[Conflict, ...]) -> None:
        names = ", ".join(conflict.key for conflict in conflicting)
        super().__init__(Sentence("consul.overtaken", keys=names))
        self.conflicting = conflicting


class ConsulStore:
    """Keys of the Consul at `url` (`http://host:8500`).

    Prefixes are those of `keys.prefix`; any other raises ValueError. Every call may raise ConsulUnavailable or
    ConsulDenied; timeout is in seconds.
    """

    def __init__(self, url: str, token: str = "", timeout: float = 3.0) -> None:
        self._url = url
        self._client = _connect(url, token, timeout)

    def read(self, prefix: str) -> Snapshot:
        """Everything under the prefix, by key."""
        with self._sentences():
            _, rows = self._client.kv.get(keys.require_prefix(prefix), recurse=True)
        entries = (Entry.from_consul(prefix, row) for row in rows or () if not _is_folder_marker(row))
        return Snapshot(tuple(sorted(entries, key=lambda entry: entry.key)))

    def save(self, prefix: str, changes: Sequence[Change]) -> None:
        """All the changes in one transaction, or none.

        Raises InvalidKey, ConsulTooLarge (both before anything is sent) or ConsulConflict.
        """
        if not changes:
            return
        operations = _operations(prefix, changes)
        body = _body(operations)
        with self._sentences(Sentence("consul.reload")):
            errors = self._client.http.put(
                _transaction_errors, "/v1/txn", data=body, headers=self._client.prepare_headers()
            )
        if errors:
            raise self._refusal(prefix, {operations[error["OpIndex"]]["KV"]["Key"]: error["What"] for error in errors})

    def _refusal(self, prefix: str, reasons: dict[str, str]) -> ConsulFailure:
        """Why a transaction was refused, by full key; the values now there are read for the comparison."""
        if any("Permission denied" in reason for reason in reasons.values()):
            return ConsulDenied(Sentence("consul.may_not_change", prefix=prefix))
        now = self.read(prefix)
        changed = [key.removeprefix(prefix) for key in reasons]
        return ConsulConflict(tuple(Conflict(key, now.get(key)) for key in changed))

    @contextmanager
    def _sentences(self, advice: Sentence = NOTHING) -> Iterator[None]:
        """Turn what the client and its transport raise into our failures.

        The client's own errors can quote a response with values in it, so they are not chained.
        """
        try:
            yield
        except requests.Timeout as error:
            raise ConsulUnavailable(_with(Sentence("consul.too_slow", url=self._url), advice)) from error
        except requests.RequestException as error:
            raise ConsulUnavailable(_with(Sentence("consul.unreached", url=self._url), advice)) from error
        except (ACLDisabled, ACLPermissionDenied):
            raise ConsulDenied(Sentence("consul.refuses", url=self._url)) from None
        except ConsulException as error:
            raise ConsulUnavailable(_with(_trouble(self._url, str(error)), advice)) from None


def _connect(url: str, token: str, timeout: float) -> Consul:
    """A client deaf to CONSUL_HTTP_*: everything those would set is given, the token afterwards."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"{url!r} is no address of a Consul: http://host:port is")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    client = Consul(parts.hostname, port, scheme=parts.scheme, verify=True, connections_timeout=timeout)
    client.token = token or None
    return client


def _is_folder_marker(row: dict[str, Any]) -> bool:
    """Consul's own pages make these when someone creates an empty folder."""
    return row["Key"].endswith("/") and not row["Value"]


def _operations(prefix: str, changes: Sequence[Change]) -> list[dict[str, Any]]:
    if len({change.key for change in changes}) < len(changes):
        raise keys.InvalidKey("The same key is given twice: keep one of the two.")
    operations = [operation for change in changes for operation in _change_operations(prefix, change)]
    if len(operations) > keys.MAX_TRANSACTION_OPERATIONS:
        most = keys.MAX_TRANSACTION_OPERATIONS
        raise ConsulTooLarge(Sentence("consul.too_many", most=most, needed=len(operations)))
    return operations


def _change_operations(prefix: str, change: Change) -> list[dict[str, Any]]:
    key = keys.full_key(prefix, change.key)
    if change.value is None:
        # Not delete-cas: that one succeeds silently when the key is already gone.
        return [_operation("check-index", key, Index=change.base_index), _operation("delete", key)]
    raw = change.value.encode()
    if len(raw) > keys.MAX_VALUE_BYTES:
        size, most = f"{len(raw):,}", f"{keys.MAX_VALUE_BYTES:,}"
        raise ConsulTooLarge(Sentence("consul.value_too_large", key=change.key, size=size, most=most))
    return [_operation("cas", key, Index=change.base_index, Value=base64.b64encode(raw).decode())]


def _operation(verb: str, key: str, **rest: Any) -> dict[str, Any]:
    return {"KV": {"Verb": verb, "Key": key, **rest}}


def _body(operations: list[dict[str, Any]]) -> bytes:
    body = json.dumps(operations, separators=(",", ":")).encode()
    if len(body) > keys.MAX_TRANSACTION_BYTES:
        size, most = f"{len(body):,}", f"{keys.MAX_TRANSACTION_BYTES:,}"
        raise ConsulTooLarge(Sentence("consul.too_large", size=size, most=most))
    return body


def _transaction_errors(response: Any) -> list[dict[str, Any]]:
    """The reasons by operation when Consul rolled the transaction back (409), none when it was done.

    The client would take a 404 for success and hide the reasons in the text of its error.
    """
    if response.code == requests.codes.request_entity_too_large:
        raise ConsulTooLarge(Sentence("consul.larger_than_it_takes"))
    if response.code == requests.codes.conflict:
        errors: list[dict[str, Any]] = json.loads(response.body)["Errors"]
        return errors
    CB.json(allow_404=False)(response)
    return []


def _trouble(url: str, text: str) -> Sentence:
    if "No cluster leader" in text:
        return Sentence("consul.no_leader", url=url)
    if text.startswith("5"):
        return Sentence("consul.trouble", url=url, words=text[:120].strip())
    return Sentence("consul.other", url=url)


def _with(sentence: Sentence, advice: Sentence) -> Sentence:
    return Sentence("both", first=sentence, second=advice) if advice else sentence
