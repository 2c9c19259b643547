"""The part of the container registry's HTTP interface that a push needs. Standard library only."""

import hashlib
import http.client
import json
from dataclasses import dataclass
from typing import Any

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


class ImagePushError(Exception):
    """The registry refused an image. The text says what happened and what to do."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True)
class Repository:
    """One repository of a registry that answers plain HTTP at `registry`, a host and port."""

    registry: str
    name: str

    def existing(self, tag: str) -> str:
        """The digest that the tag names, or empty."""
        answer = self._call("HEAD", f"manifests/{tag}", headers={"Accept": MANIFEST_TYPE})
        return answer.headers.get("docker-content-digest", "") if answer.status == 200 else ""

    def push_blob(self, content: bytes) -> None:
        digest = digest_of(content)
        if self._call("HEAD", f"blobs/{digest}").status == 200:
            return
        self._expect(201, self._call("POST", f"blobs/uploads/?digest={digest}", content))

    def push_manifest(self, tag: str, manifest: dict[str, Any]) -> str:
        """Push and return the digest, which is that of the bytes as sent."""
        body = json.dumps(manifest).encode()
        self._expect(201, self._call("PUT", f"manifests/{tag}", body, {"Content-Type": MANIFEST_TYPE}))
        return digest_of(body)

    def _expect(self, status: int, answer: Answer) -> None:
        if answer.status != status:
            raise ImagePushError(
                f"The registry {self.registry} did not take the image for {self.name} (status {answer.status}): "
                f"{answer.body.decode(errors='replace')[:300]} Check that the repository exists."
            )

    def _call(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection(self.registry, timeout=60)
        try:
            connection.request(method, f"/v2/{self.name}/{path}", body, headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ImagePushError(f"The registry {self.registry} does not answer: {error}. Is it running?") from error
        finally:
            connection.close()
