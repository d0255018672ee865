"""One file per outside system: the Protocol, the real client, and a fake that ships."""
