"""One file a kind of source, each with one function: `discover(source, state, tools) -> Reading`."""
