"""CloudFormation on the local AWS: types that MiniStack lacks, plans as AWS makes them, and a pace to watch."""
