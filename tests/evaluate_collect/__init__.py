"""The quality of collection against its bars; `make evaluate-collect`."""
