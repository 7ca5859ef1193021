"""The event contract: typed events, decoding, reasons for refusal, topics, JSON Schemas and examples.

This package knows nothing of the engine (``streams``) or of the product (``app``).
"""
