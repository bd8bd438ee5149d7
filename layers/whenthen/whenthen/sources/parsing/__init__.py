"""Read untrusted bytes within bounds: JSON, forms, character sets, JMESPath expressions."""
