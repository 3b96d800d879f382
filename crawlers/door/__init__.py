"""The one way to the network: which addresses, which certificates, how often, how much."""
