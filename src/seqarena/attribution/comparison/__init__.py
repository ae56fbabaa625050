"""Whether two families look in different places, and where: maps of the same probes, all seeds."""
