"""What is generated from the catalogue for others to apply: Prometheus rules with their tests, and runbooks.

Pure: from KPIs and links to texts. Every generated name has its home in `app.generation.names`; those of metrics are
in `app.catalogue.naming`.
"""
