"""The product: settings, command line, KPI catalogue, evaluation, exporter, simulator."""

__version__ = "0.1.0"
