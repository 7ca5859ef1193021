"""The exporter: tails the panes, adds the partitions up, and publishes the KPIs."""
