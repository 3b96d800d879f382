"""Which items tell one story, which reprint another, and why: said in Vietnamese."""
