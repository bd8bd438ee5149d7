"""Shape the bodies and answers of the API: one module per resource. docs/openapi.json is made from these models."""
