"""The demonstration: Kafka, a worker, an exporter and simulated customers on one machine, for as long as it runs."""
