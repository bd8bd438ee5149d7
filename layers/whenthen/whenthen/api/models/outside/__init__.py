"""Shape what admins say of the systems outside, and what came of trying it."""
