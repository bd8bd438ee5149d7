"""Read what AWS End User Messaging tells of SMS: answers of customers, and reports about messages of ours."""
