"""Routes by which admins watch and steer what goes on."""
