"""Render rules, reasons, outcomes and findings as plain sentences in the caller's language.

The texts are in `whenthen/locales`: adding a language is adding a folder there.
"""
