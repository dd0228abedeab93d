"""Telling people: the words, and one file for each channel.

channel    what a channel is to the dispatcher
render     a warning in a person's language
words      the vocabulary of render
settings   config/notify.yaml
log, email, webhook
opening    the table of channels, opened for as long as the service runs
"""
