"""What other tools are told of an evaluation, and how they keep in step: the warehouse is the truth, they follow."""
