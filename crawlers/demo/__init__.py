"""The bundled web: fictional outlets on host names of their own, served on loopback."""
