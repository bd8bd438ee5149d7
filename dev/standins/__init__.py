"""Stand-ins for the outside: they speak the documented protocols, and show what they received.

Each listens on a port of its own on 127.0.0.1 and answers, beside its protocol:

    GET    /_received   all that it received, as JSON
    DELETE /_received   forget it, and everything programmed
    POST   /_program    prepare it: what each takes stands in its module; all take `faults`
"""
