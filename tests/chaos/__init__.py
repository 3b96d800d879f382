"""Kill −9 at every point: `make chaos` does it many times, the tests once each."""
