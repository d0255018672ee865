"""Calls of W&B Weave, as it streams and exports them."""
