"""The calls that the engine answers, in ECS's shapes and with its errors."""
