"""Definitions and tools that every peer uses."""
