"""An embedded Apache Kafka for development, tests and demonstrations, and the administration of topics."""
