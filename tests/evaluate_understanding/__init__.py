"""How well the labels hold, measured; `make evaluate` prints it and writes docs/MODEL_CARD.md. What a plain run needs is in `__main__`."""
