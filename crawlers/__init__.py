"""Reads the web: sources into entries, entries into articles, articles into stories. The network is behind one door."""
