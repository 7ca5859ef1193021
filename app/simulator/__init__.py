"""Simulated customers: coherent lifecycles as events, for demonstrations, load and tests.

Everything but `app.simulator.publish` and `app.simulator.output` is pure: it reads no clock and draws every random
number from a seed, so that the same arguments give the same bytes.
"""
