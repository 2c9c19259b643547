"""The core app: what every other app stands on."""

from django.apps import AppConfig
from django.core.checks import register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules

from portal.core.protected import migrating, starting


class CoreConfig(AppConfig):
    name = "portal.core"
    label = "core"

    def ready(self) -> None:
        """Hangs protection on migrate: each hook is sent for every app, and this one listens to its own.
        Reads the words of all apps' sentences."""
        pre_migrate.connect(migrating.before_migrate, sender=self)
        post_migrate.connect(migrating.after_migrate, sender=self)
        register(starting.check_protection, starting.TAG)
        autodiscover_modules("messages")
