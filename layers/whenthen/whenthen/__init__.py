"""whenthen: when something happens to a customer, and conditions hold, then act."""
