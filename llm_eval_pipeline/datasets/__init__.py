"""Examples to evaluate on: where they come from, what makes two the same, and how production adds to them."""
