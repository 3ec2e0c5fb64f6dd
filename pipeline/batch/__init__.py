"""`stemma batch` and `stemma load`: what `stemma update` derives, worked out on Spark for many more pages.

    rows       values <-> rows of tables
    looks      bytes of WARC files -> captures with what was read on their pages (pure)
    texts      captures -> versions, their keys, what two share, which way it went (pure)
    plan       how Spark runs these; the only import of pyspark
    loading    tables -> an archive, with the evidence
"""
