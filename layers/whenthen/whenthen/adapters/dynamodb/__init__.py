"""The stores on three DynamoDB tables. docs/architecture.md says which keys serve which access pattern."""
