"""Applications, services, releases, rollouts and configuration."""

from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    name = "deployments"
    label = "deployments"

    def ready(self) -> None:
        # Models can be imported only now, when all apps have loaded theirs.
        from deployments.guests import PlacedServices
        from provisioning import guests

        guests.register(PlacedServices())
