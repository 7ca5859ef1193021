"""The settings, one section a file: each owns its keys, their defaults, their documentation and their validation."""
