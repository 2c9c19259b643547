"""Configuration: the keys a service reads from Consul, per environment, edited without overwriting anyone."""
