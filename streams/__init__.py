"""The stream engine: a Faust app that turns batches of raw records into panes, exactly once.

``streams.core`` is pure; the modules around it are the shell: transport, ownership, checkpoints, recovery.
"""
