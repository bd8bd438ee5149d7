"""Compare what a stage asks for with the limits of the AWS account, before it is deployed."""
