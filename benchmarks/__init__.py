"""Speed as ratios: ours against a named peer, or against the least that the work could take, in the same run."""
