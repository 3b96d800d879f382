"""The coverage desk: both ends of the house. The walk of one article is in `monitor.pipeline`."""
