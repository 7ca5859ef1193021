"""What the HTTP servers of worker and exporter share: encryption, and users with passwords."""
