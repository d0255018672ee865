"""Telling people: which events are due, what a message says, and an outbox that sends each message once."""
