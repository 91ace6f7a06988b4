"""All of a site in one folder: taken while it runs, put back into an empty place, rehearsed beside the original.

    backup.json      what the database held (counts, digests, sums), fingerprints of keys; written last
    database.dump    pg_dump's custom format, without the sessions of signed-in people
    ipfs/ pictures/  the content store and the pictures, byte for byte
    public/          the contracts' addresses and the certificate that signs pictures
    SHA256SUMS       every file but the first two, as `sha256sum -c` reads it

The database comes first and the bytes after it: bytes are only ever added, so whatever a row of the dump names is
there when the copy passes by. Keys are never read; what is kept of them is enough to tell whether others are at hand.
"""
