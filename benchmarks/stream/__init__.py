"""The live stream under load, beside other clients."""
