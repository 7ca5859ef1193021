"""What `selfserve check` looks at: settings, ports, Kafka, topics and the group of the workers.

Each part turns what it finds into findings; nothing is changed anywhere.
"""
