"""Scrapy spiders, run inside our own event loop and through our own door: docs/decisions/0002-scrapy-in-the-loop.md."""
