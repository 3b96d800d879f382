"""Feeds that are made to hurt, or that hurt without meaning to: generators by family, and the server that offers them."""
