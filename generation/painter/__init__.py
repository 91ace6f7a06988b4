"""Ninefold's own painter: two small networks, the pipeline that joins them, and their weights.

torch is imported freely in here; Django never.
"""
