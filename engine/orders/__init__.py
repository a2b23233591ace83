"""From what `decide` wants to what an exchange accepts: exact money, never more than was wanted."""
