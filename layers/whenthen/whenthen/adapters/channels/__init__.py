"""The outside services that steps act on."""
