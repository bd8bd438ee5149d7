"""How `domain.matching` finds the rules that an event matches, without asking those that it does not.

Of the demands that a rule makes, one is met by fewer events than the others, as far as can be told from the rules
(`ways`). The rule stands under the node of that demand, such as `record.campaign_name` being "Spring" (`nodes`), and
is looked at only when that node is found. Nodes stand in tables: one lookup of what a field holds finds the node of
its value, however many values rules ask for (`tables`).

What else the rule demands is then asked, cheapest first: whether another node was found too, whether a number is in
a range, and only then anything that must be worked out (`asks`). Where many rules stand under one node, a further
lookup picks those whose next demand is met, so that a value which most events have costs no more than another.

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
numbers      how numbers are compared as floats
"""
