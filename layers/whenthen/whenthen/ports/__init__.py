"""What the use cases need from outside, as Protocols by subject, and the values that pass (`values`).

`adapters/` keeps the Protocols; tests keep them with fakes. Reads are strongly consistent unless a method says
otherwise. Every method may raise Temporary when the service behind it is throttled or out of reach; what else it
raises, it says. Protocols are for the type checker alone: no cold start loads them.
"""
