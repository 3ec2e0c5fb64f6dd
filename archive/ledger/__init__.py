"""The log that cannot be rewritten unseen: every WARC record and every event is an entry of a Merkle tree.

Entries hold no address and no plain digest, only salted commitments; the tree's head is signed at the end of each run
with the archive's key. Not to be taken for `archive.log`, which tells the operator what happened.

    merkle     leaves -> root, paths of inclusion (RFC 9162; pure)
    notes      heads as signed notes (C2SP tlog-checkpoint), by Ed25519
    keys       the archive's private key, and the history of its keys in events.jsonl
    entries    what an entry commits to; the files log/entries.jsonl and log/heads.jsonl
    extend     what is new in the evidence -> entries, and a signed head
    authority  time stamps by RFC 3161: what is asked, and whether an answer holds
    stamps     time stamps of the heads, and their renewal
    proof      one capture with all that is needed to check it without the archive
"""
