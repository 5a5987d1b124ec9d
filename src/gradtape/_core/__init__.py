"""Ring 0: what everything else is written in. Knows no op and no Tensor."""
