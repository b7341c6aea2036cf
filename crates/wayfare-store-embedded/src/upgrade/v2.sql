-- The contact that an identifier belongs to by itself. Always there; a column that is added cannot
-- say so.
ALTER TABLE identifier ADD COLUMN home BLOB;
UPDATE identifier SET home = contact;

-- Ids of contacts, one after the other; NULL for none.
ALTER TABLE contact ADD COLUMN kept_apart BLOB;

CREATE INDEX contact_by_merge ON contact (organisation, merged_into) WHERE merged_into IS NOT NULL;
