"""Define events: their form, their person's identities, their order, and the event types that code names."""
