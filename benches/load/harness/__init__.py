"""What the load runs share: receivers, sender, accounting from /proc, and the rules a run must keep to count."""
