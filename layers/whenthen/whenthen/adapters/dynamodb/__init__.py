"""Implement stores on three DynamoDB tables. docs/architecture.md lists the keys of each access pattern."""
