"""Ports on AWS services other than DynamoDB."""
