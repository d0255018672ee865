"""Every paid call, once: what was asked, what came back, and the way to ask only for what is missing."""
