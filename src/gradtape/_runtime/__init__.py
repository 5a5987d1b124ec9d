"""Ring 2: what a user holds (tensors, variables) and the eager interpreter that computes with it."""
