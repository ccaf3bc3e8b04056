"""Backends for tests, a pytest fixture, and factories of documents.

Importing this package imports nothing else, so that the pytest plugin costs
projects without Convex nothing.
"""
