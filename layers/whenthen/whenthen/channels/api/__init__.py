"""Call the APIs of other systems, over stored connections."""
