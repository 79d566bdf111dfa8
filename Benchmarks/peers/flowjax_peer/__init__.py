"""FlowJAX's flows with the workloads' shapes."""
