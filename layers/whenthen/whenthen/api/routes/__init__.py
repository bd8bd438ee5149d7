"""Answer the API's requests: one module per resource."""
