"""Content by address: computed here, kept on this machine, put to further places, served at /ipfs/<cid>."""
