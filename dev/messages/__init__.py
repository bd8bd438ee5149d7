"""Extract, update, check and compile the texts in `layers/whenthen/whenthen/locales`. See `__main__` for the commands.

Catalogues are monolingual: the key of a text is the code that the source declares, and English has a catalogue too.
"""
