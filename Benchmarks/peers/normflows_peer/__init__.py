"""normflows' flows with the workloads' shapes."""
