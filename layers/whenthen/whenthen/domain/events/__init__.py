"""Events: their form, the identities of their person, their order, the names that code goes by."""
