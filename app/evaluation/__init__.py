"""From panes to KPI values: pure, and the same for the live exporter and for files."""
