"""The newsroom: invented outlets and their items (`items.jsonl`), what is true of each (`truth.jsonl`), and the server of both."""
