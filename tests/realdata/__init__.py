"""Two recorded event logs as native events, and their published figures beside what selfserve makes of them.

Nobody on this project made the logs or the figures. They are not part of the repository: tests that read them carry
the marker ``data`` and skip themselves where the logs are not there.
"""
