"""The host name under which a simulated task (no Docker engine, not our sample) is a load balancer target."""

SIMULATED = "simulated"
