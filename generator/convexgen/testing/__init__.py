"""Backends for tests: a pytest fixture.

Importing this package imports nothing else, so that the pytest plugin costs
projects without Convex nothing.
"""
