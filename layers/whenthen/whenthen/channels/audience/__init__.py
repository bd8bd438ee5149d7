"""Put customers into audiences for advertising, and take them out."""
