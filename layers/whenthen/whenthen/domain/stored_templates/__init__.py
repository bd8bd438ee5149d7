"""Read stored templates, check their texts, and render the one of a customer's language."""
