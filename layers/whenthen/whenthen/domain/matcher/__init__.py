"""How `domain.matching` finds the rules that an event matches, without asking those that it does not.

A rule is found by the one of its demands that costs least over all events, as far as can be told from the rules: that
few events meet, and for which no further field must be looked up (`ways`). It stands under the node of that demand,
such as `record.campaign_name` being "Spring" (`nodes`), and is looked at only when that node is found. Nodes stand in
tables: one lookup of what a field holds finds the node of its value, however many values rules ask for (`tables`).

What else the rule demands is then asked, what is rarely met first: whether another node was found too, for which the
value is not looked at again, and only then anything that must be worked out (`asks`). Where many rules stand under one
node, a further lookup picks those whose next demand is met.

partitions   the rules of one event type: where they are put, how they are matched
ways         which of its demands a rule is found by
access       how each operator's leaves are found: in which table, under which nodes
tables       all tables of an event type, and how they are gone through for an event
choices      the table of values: equals, one of, tags
texts        the table of beginnings, ends, and what is in between
ranges       the table of bounds of numbers
nodes        what is found, and the rules under it
asks         conditions that are asked at the end
fields       what is read of an event
keys         all that is the same as a text, so that values are looked up as they are
numbers      how numbers are compared as floats
"""
