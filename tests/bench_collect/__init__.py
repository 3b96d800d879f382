"""The benches of collection: speeds as ratios in one run against what a user would pick instead; `make bench-collect`."""
