import GRDB
import ZooCore

/// The tables of the store. A migration, once released, never changes; what is new is a new one.
enum ResultStoreSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("results") { try $0.execute(sql: results) }
        migrator.registerMigration("application id") { try $0.execute(sql: "PRAGMA application_id = \(applicationID)") }
        migrator.registerMigration("identity") { try $0.execute(sql: identity) }
        migrator.registerMigration("packing") { try $0.execute(sql: packing) }
        migrator.registerMigration("tables") { try $0.execute(sql: tables) }
        return migrator
    }

    /// "stnz": by it SQLite's users, and `file`, tell a store from other databases.
    static let applicationID: Int32 = 0x7374_6E7A

    enum Kind { case store, empty }

    /// Tells a store from an empty database, which can become one.
    ///
    /// - Throws: `data` for a database of another program, a damaged store, or one of a later zoo.
    static func kind(_ db: Database, path: String) throws -> Kind {
        let id = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let tables = Set(try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"))
        if id == 0, tables.isEmpty, try Int.fetchOne(db, sql: "PRAGMA user_version") == 0 { return .empty }
        let expected = "a result store (application id \(applicationID))"
        guard id == applicationID || id == 0 else {
            throw HostError(.data, file: path, field: "database", expected: expected, found: "one with the application id \(id)")
        }
        if tables.contains("grdb_migrations"), id == applicationID, try migrator.hasBeenSuperseded(db) {
            throw HostError(.data, "\(path): a result store of a later version of the zoo")
        }
        // The first stores had no id.
        let missing = try lacking(db, tables)
        guard missing == nil || id == applicationID else {
            throw HostError(.data, file: path, field: "database", expected: expected, found: "one of another program")
        }
        if let missing {
            throw HostError(.data, file: path, field: "result store", expected: missing, found: "none: the file is damaged")
        }
        return .store
    }

    /// What of the first version's tables is not there.
    private static func lacking(_ db: Database, _ tables: Set<String>) throws -> String? {
        for table in ["grdb_migrations", "result", "figure", "series", "checksum", "current"] where !tables.contains(table) {
            return "a table '\(table)'"
        }
        let expected = [
            "result": ResultRow.firstColumns, "figure": ["result", "position", "name", "value", "unit", "is_timing"],
            "series": ["id", "result", "table", "name", "type", "bytes"], "checksum": ["path", "state", "sha256"],
        ]
        for (table, names) in expected.sorted(by: { $0.key < $1.key }) {
            let columns = Set(try db.columns(in: table).map(\.name))
            if let name = names.first(where: { !columns.contains($0) }) { return "a column '\(name)' of the table '\(table)'" }
        }
        return nil
    }

    /// Keeps what a file's views and triggers call from doing any harm: a store may come from anywhere.
    static func distrust(_ db: Database) throws { try db.execute(sql: "PRAGMA trusted_schema = OFF") }

    /// Readies a connection to a database that may be new: before anything is written, as the size of its pages stays.
    static func prepare(_ db: Database) throws {
        try distrust(db)
        // A row with the losses of a thousand images leaves a third of SQLite's own 4096 bytes empty.
        try db.execute(sql: "PRAGMA page_size = 16384")
    }

    /// `TableCoding`: `series` keeps the columns of long tables, and all those of earlier results.
    private static let tables = """
        CREATE TABLE tables (result INTEGER PRIMARY KEY REFERENCES result (id) ON DELETE CASCADE, bytes BLOB NOT NULL);
        DROP VIEW current;
        """ + narrowCurrent

    /// As `current`, but only what decides is sorted, which takes half of the time.
    private static let narrowCurrent = """

        CREATE VIEW current AS
        WITH by_job AS (
          SELECT id, date, entry, dataset, seed, trained_on, origin, weights, images, probe, settings,
            row_number() OVER (PARTITION BY job ORDER BY status = 'failed', date DESC, id DESC) AS job_rank
          FROM result
        ), by_subject AS (
          SELECT id, row_number() OVER (
            PARTITION BY entry, dataset, seed, trained_on, origin, CASE origin WHEN 'given' THEN weights END, images, probe, settings
            ORDER BY date DESC, id DESC) AS subject_rank
          FROM by_job WHERE job_rank = 1
        )
        SELECT * FROM result WHERE id IN (SELECT id FROM by_subject WHERE subject_rank = 1);
        """

    /// `SeriesPacking`: earlier rows stay as they are.
    private static let packing = "ALTER TABLE series ADD COLUMN packing INTEGER NOT NULL DEFAULT 0"

    /// What a name alone does not settle (`Provenance.Identity`). Earlier rows say "": nobody knows what images they saw, but that the
    /// program draws its own. Checksums are forgotten, as their state lacked inode and device.
    private static let identity = """
        ALTER TABLE result ADD COLUMN plan TEXT NOT NULL DEFAULT '';
        ALTER TABLE result ADD COLUMN engine_code TEXT NOT NULL DEFAULT '';
        ALTER TABLE result ADD COLUMN instructions TEXT NOT NULL DEFAULT '';
        ALTER TABLE result ADD COLUMN data TEXT NOT NULL DEFAULT '';
        ALTER TABLE result ADD COLUMN images_seen TEXT NOT NULL DEFAULT '';
        ALTER TABLE result ADD COLUMN training_data TEXT NOT NULL DEFAULT '';
        CREATE INDEX result_by_plan ON result (plan);
        UPDATE result SET data = 'drawn' WHERE dataset LIKE 'strokes%';
        DELETE FROM checksum;
        DROP VIEW current;
        """ + current

    /// Rows are only ever added to `result`, `figure` and `series`. `current` shows what counts: of each job the newest row,
    /// but no failure before a result of the very same job; of each subject the newest such job.
    private static let results = """
        CREATE TABLE result (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          uuid TEXT NOT NULL UNIQUE,
          job TEXT NOT NULL,
          entry TEXT NOT NULL, dataset TEXT NOT NULL, seed INTEGER NOT NULL, trained_on TEXT NOT NULL,
          origin TEXT NOT NULL, weights TEXT NOT NULL, images INTEGER,
          probe TEXT NOT NULL, settings TEXT NOT NULL,
          status TEXT NOT NULL CHECK (status IN ('measured', 'not applicable', 'failed')),
          cause TEXT NOT NULL, exit_status INTEGER NOT NULL, warnings TEXT NOT NULL,
          zoo TEXT NOT NULL, code TEXT NOT NULL, engine TEXT NOT NULL, plugins TEXT NOT NULL, weights_checksum TEXT NOT NULL,
          machine TEXT NOT NULL, processor TEXT NOT NULL, threads INTEGER NOT NULL,
          date TEXT NOT NULL, command TEXT NOT NULL, seconds REAL NOT NULL
        );
        CREATE INDEX result_by_job ON result (job);
        CREATE INDEX result_by_subject ON result (entry, dataset, probe, seed);

        -- Single numbers; NULL is "not a number", which SQLite does not have, as it has no -0.
        CREATE TABLE figure (
          result INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
          position INTEGER NOT NULL, name TEXT NOT NULL, value REAL, unit TEXT NOT NULL, is_timing INTEGER NOT NULL,
          PRIMARY KEY (result, position)
        ) WITHOUT ROWID;
        CREATE INDEX figure_by_name ON figure (name);

        -- Columns of tables, and samples, for which "table" is NULL. Bytes are little-endian.
        CREATE TABLE series (
          id INTEGER PRIMARY KEY,
          result INTEGER NOT NULL REFERENCES result (id) ON DELETE CASCADE,
          "table" TEXT, name TEXT NOT NULL,
          type TEXT NOT NULL CHECK (type IN ('u8', 'i32', 'i64', 'f32', 'f64', 'json')), bytes BLOB NOT NULL
        );
        CREATE INDEX series_by_result ON series (result);

        -- Checksums of large files, good while size and time of change are the same. A cache: may be emptied.
        CREATE TABLE checksum (path TEXT PRIMARY KEY, state TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID;
        """ + current

    /// A part of the first migration, and of every one that added columns to it.
    private static let current = """

        CREATE VIEW current AS
        WITH by_job AS (
          SELECT *, row_number() OVER (PARTITION BY job ORDER BY status = 'failed', date DESC, id DESC) AS job_rank FROM result
        ), by_subject AS (
          SELECT *, row_number() OVER (
            PARTITION BY entry, dataset, seed, trained_on, origin, CASE origin WHEN 'given' THEN weights END, images, probe, settings
            ORDER BY date DESC, id DESC) AS subject_rank
          FROM by_job WHERE job_rank = 1
        )
        SELECT * FROM by_subject WHERE subject_rank = 1;
        """
}
