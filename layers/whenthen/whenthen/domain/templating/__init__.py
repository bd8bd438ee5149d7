"""Render templates of messages: a limited, sandboxed Jinja2, its filters and its comparisons."""
