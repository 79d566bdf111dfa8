"""zuko's flows with the workloads' shapes."""
