"""W6: distances of two samples with the usual Python libraries."""
