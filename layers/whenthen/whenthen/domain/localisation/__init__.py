"""Choose a customer's language, and write numbers, amounts, dates, lists and phone numbers as it does."""
