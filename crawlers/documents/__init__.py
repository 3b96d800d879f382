"""What outlets publish to be read by machines, and what leads to it: feeds, sitemaps, portals, lists of news, tables."""
