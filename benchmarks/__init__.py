"""gradtape beside its peers: see README.md here."""
