"""What can be asked of a deployment, whatever stands in its way just now."""

import re

from deployments.models import Release, Service
from portal.core.rules import Problems
from portal.core.sentences import Sentence
from provisioning.models import Environment

NOTE_LENGTH = 300
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def image_problems(digest: str) -> Problems:
    """What is wrong with the choice of an image."""
    problems = Problems()
    problems.choice("image", digest, (digest,) if isinstance(digest, str) and _DIGEST.fullmatch(digest) else ())
    return problems


def image_gone(release: str, repository: str) -> Sentence:
    """What is said of a release whose image was deleted."""
    return Sentence("rollouts.image_gone", release=release, repository=repository)


def request_problems(service: Service, environment: Environment, release: Release, note: str) -> Problems:
    """What is wrong with the request for a deployment."""
    problems = Problems()
    problems.choice("image", release.digest, (release.digest,) if release.service_id == service.pk else ())
    ours = environment.customer_id == service.customer_id
    problems.choice("environment", environment.slug, (environment.slug,) if ours else ())
    problems.text("note", note, most=NOTE_LENGTH, required=False)
    return problems
