"""Events into Kafka: the producer that all commands share, and files read as events."""
