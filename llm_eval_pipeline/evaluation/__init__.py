"""What an answer is worth: generating, judging, safety, text metrics, failure categories, aggregates."""
