"""The sample application of the demo and the tests, and the container images it is pushed as."""
