"""Write the addresses of mail that goes out."""
