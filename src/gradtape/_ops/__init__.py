"""Ring 1: the mathematics. NumPy forwards and rules written in ops; no module here knows what a tensor is."""
