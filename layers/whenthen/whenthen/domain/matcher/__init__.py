"""How `domain.matching` finds the rules that an event matches.

partitions   the rules of one event type, in rooms
blocks       up to 8,192 demands side by side, each a bit
gates        what all demands of a block ask of all fields: each of these, none of these, one of these
lanes        what they ask of one field
tables       from what a field holds to who is satisfied
demands      a rule's condition, split into what stands in lanes and what is asked at the end
access       in which table a leaf stands, by operator
"""
