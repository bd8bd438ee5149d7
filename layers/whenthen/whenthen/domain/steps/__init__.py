"""Read the parts of a step that say how its run goes on: branches to later steps, and retries."""
