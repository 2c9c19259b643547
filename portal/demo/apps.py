"""The demonstration: the main job, performed through the same services the pages use."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "portal.demo"
    label = "demo"
