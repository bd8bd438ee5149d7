"""Read how far messages came, by the reports of their providers."""
