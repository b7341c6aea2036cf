-- Which imports the facts of a file of imported facts are of.
CREATE TABLE fact_file_import (
    file INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (file, digest)
) STRICT, WITHOUT ROWID;

-- Of older files it is not known: each may have facts of all imports.
INSERT INTO fact_file_import (file, digest)
    SELECT fact_file.id, fact_import.digest
    FROM fact_file JOIN fact_import ON fact_import.organisation = fact_file.organisation
    WHERE fact_file.origin = 'imported';
