"""That evidence stands: stamped, checked, frozen as cited, backed up, made anew, withdrawn where it must be."""
