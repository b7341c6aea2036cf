//! What the product does: use cases by noun, the ingest pipeline, access.
