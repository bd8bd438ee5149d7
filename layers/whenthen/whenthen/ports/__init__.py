"""Declare the interfaces that use cases need from outside, by subject, with their values and reason codes.

The interfaces are Protocols; `adapters/` implements them, and tests implement them with fakes. Reads are strongly
consistent unless a method says otherwise. Every method may raise Temporary if its service is throttled or out of
reach; docstrings name other errors. Only the type checker loads Protocols, never a cold start.
"""
