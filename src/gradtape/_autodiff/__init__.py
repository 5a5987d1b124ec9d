"""Ring 3: differentiation. Walks records backwards (sweep), pushes tangents forwards, batches, and checks."""
