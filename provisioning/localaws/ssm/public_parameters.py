"""AWS's public parameters for the newest ECS host images; MiniStack knows those of plain EC2 only."""

from ministack.services import ssm

from provisioning.localaws.checks import Reaches

REACHES = (Reaches("ministack.services.ssm", ("_PUBLIC_AMI_PARAMETERS",)),)

PLAIN_IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
ECS_IMAGES = ("amazon-linux-2023", "amazon-linux-2023/arm64", "amazon-linux-2", "amazon-linux-2/arm64")


def install() -> None:
    image_id = ssm._PUBLIC_AMI_PARAMETERS[PLAIN_IMAGE]
    for family in ECS_IMAGES:
        ssm._PUBLIC_AMI_PARAMETERS[f"/aws/service/ecs/optimized-ami/{family}/recommended/image_id"] = image_id
