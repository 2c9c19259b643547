"""What AWS tells of an image from its manifest: MiniStack calls each image an artifact of the manifest's own type.

A portal that offers only what can run would offer none of them.
"""

import json
from typing import Any

from ministack.core.responses import json_response
from ministack.services import ecr

from provisioning.localaws.checks import Reaches

REACHES = (
    Reaches("ministack.core.responses", ("json_response",)),
    Reaches("ministack.services.ecr", ("_describe_images", "_find_image")),
)


def install() -> None:
    original = ecr._describe_images

    def describe(asked: dict[str, Any]) -> Any:
        status, headers, body = original(asked)
        if status != 200:
            return status, headers, body
        return json_response({"imageDetails": [_detailed(said) for said in json.loads(body)["imageDetails"]]})

    ecr._describe_images = describe


def _detailed(said: dict[str, Any]) -> dict[str, Any]:
    """Of an index AWS tells no type but that of its manifest."""
    image = ecr._find_image(said["repositoryName"], {"imageDigest": said["imageDigest"]})
    manifest = json.loads(image["imageManifest"])
    config = manifest.get("config", {})
    told: dict[str, Any] = {
        "artifactMediaType": manifest.get("artifactType") or config.get("mediaType"),
        "subjectManifestDigest": manifest.get("subject", {}).get("digest"),
        "imageSizeInBytes": sum(part.get("size", 0) for part in (config, *manifest.get("layers", []))),
        "imageTags": said["imageTags"] or None,
    }
    return {name: value for name, value in {**said, **told}.items() if value is not None}
