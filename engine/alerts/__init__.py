"""What the owner should know while the exchange is listened to: alerts, each told once, in an order that survives a crash."""
