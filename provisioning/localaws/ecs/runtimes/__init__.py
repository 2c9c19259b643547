"""What runs containers: a Docker engine, or local processes where there is none."""
