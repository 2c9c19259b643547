"""The only code that talks to AWS: takes and returns frozen dataclasses, raises AwsProblem alone."""
