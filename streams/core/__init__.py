"""The pure core: from typed events to facts, contributions and panes. No I/O, no clock, no Kafka."""
