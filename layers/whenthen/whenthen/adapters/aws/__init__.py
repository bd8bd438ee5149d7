"""Implement ports on AWS services other than DynamoDB."""
