"""The register of sources: what stands in it, how one is found, how each does, what is missed."""
