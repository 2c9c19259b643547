"""Images that were deleted cannot be pulled any more: MiniStack forgets their record, and keeps their manifest."""

import json
from typing import Any

from ministack.services import ecr

from provisioning.localaws.checks import Reaches

REACHES = (Reaches("ministack.services.ecr", ("_batch_delete_image", "_manifest_blobs")),)


def install() -> None:
    original = ecr._batch_delete_image

    def delete(asked: dict[str, Any]) -> Any:
        answer = original(asked)
        manifests = ecr._manifest_blobs.get(asked.get("repositoryName", ""), {})
        for image in json.loads(answer[2]).get("imageIds", []):
            manifests.pop(image.get("imageDigest"), None)
        return answer

    ecr._batch_delete_image = delete
