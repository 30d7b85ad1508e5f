"""Where a session stands, from its history alone: by rules, without a model."""
