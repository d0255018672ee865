"""Personal data in text: what it is and where it stands. What is done about it belongs to whoever asks."""
