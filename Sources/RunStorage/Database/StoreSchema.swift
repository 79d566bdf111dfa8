import GRDB

/// The database's versions. A migration that has shipped is never edited; a change is a new one at the end.
enum StoreSchema {
    /// `application_id` of the file: "flow" in ASCII.
    static let applicationID = 0x666c_6f77

    /// The version this program writes.
    static var version: Int { migrations.count }

    /// No later program ever writes this version or a higher one: such a number is a damaged one.
    static let unreachedVersion = 10_000

    /// Migration i takes version i to i + 1.
    private static let migrations: [@Sendable (Database) throws -> Void] = [
        { try $0.execute(sql: firstVersion) },
        { database in
            try database.execute(sql: secondVersion)
            try MetricIndex.insertMissing(database)
        },
    ]

    /// What a file says it is.
    struct Identity: Equatable {
        var applicationID: Int
        var version: Int
        var isEmpty: Bool

        /// A file that SQLite made and nobody has written to: a store whose creation was cut short.
        var isUntouched: Bool { isEmpty && applicationID == 0 && version == 0 }
    }

    static func identity(_ database: Database) throws -> Identity {
        Identity(
            applicationID: try database.first("PRAGMA application_id") { try $0.integer(0) } ?? 0,
            version: try database.first("PRAGMA user_version") { try $0.integer(0) } ?? 0,
            isEmpty: try database.first("SELECT count(*) FROM sqlite_master") { try $0.integer(0) } == 0)
    }

    /// Brings the file from `found`, 0 for an empty one, to ``version``. Call inside a write transaction: the pragmas take
    /// part in it.
    static func migrate(_ database: Database, from found: Int) throws {
        guard (0...version).contains(found) else { throw DamagedValue(column: 0) }
        for migration in migrations.dropFirst(found) { try migration(database) }
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        try database.execute(sql: "PRAGMA user_version = \(version)")
    }

    /// An index over each run's metrics, so that who reads a few of them verifies those, and a view of sweeps.
    private static let secondVersion = """
        CREATE TABLE metric_indexes (
            run_key INTEGER PRIMARY KEY REFERENCES run_records (run_key),
            hashes BLOB NOT NULL,
            sha256 BLOB NOT NULL
        ) STRICT;

        CREATE VIEW sweep_revisions AS
            SELECT sweeps.name AS sweep, revisions.number AS revision,
                (SELECT count(*) FROM revision_runs WHERE revision_id = revisions.id) AS runs,
                revisions.created_at, CAST(spec AS TEXT) AS spec, resolved_spec, evaluation
            FROM sweeps JOIN revisions ON revisions.sweep_id = sweeps.id;
        """

    private static let firstVersion = """
        CREATE TABLE store_properties (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sweeps (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            run_order INTEGER NOT NULL,
            last_run_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE revisions (
            id INTEGER PRIMARY KEY,
            sweep_id INTEGER NOT NULL REFERENCES sweeps (id),
            number INTEGER NOT NULL,
            spec BLOB NOT NULL,
            resolved_spec TEXT NOT NULL,
            evaluation TEXT NOT NULL,
            expansion_sha256 BLOB NOT NULL,
            revision_sha256 BLOB NOT NULL,
            created_at REAL NOT NULL,
            UNIQUE (sweep_id, number)
        ) STRICT;

        CREATE TABLE run_records (
            run_key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            configuration TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('planned', 'running', 'completed', 'failed', 'interrupted')),
            failure_code TEXT,
            failure_message TEXT,
            fence INTEGER NOT NULL DEFAULT 0,
            summary TEXT,
            timings TEXT,
            metrics_sha256 BLOB,
            history_sha256 BLOB,
            artefacts_sha256 BLOB,
            record_sha256 BLOB
        ) STRICT;
        CREATE INDEX run_records_by_state ON run_records (state);

        CREATE TABLE revision_runs (
            revision_id INTEGER NOT NULL REFERENCES revisions (id),
            position INTEGER NOT NULL,
            run_key INTEGER NOT NULL REFERENCES run_records (run_key),
            axes TEXT NOT NULL,
            PRIMARY KEY (revision_id, position),
            UNIQUE (revision_id, run_key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX revision_runs_by_run ON revision_runs (run_key);

        CREATE TABLE attempts (
            run_key INTEGER NOT NULL REFERENCES run_records (run_key),
            fence INTEGER NOT NULL,
            host TEXT NOT NULL,
            boot_id TEXT NOT NULL,
            pid INTEGER NOT NULL,
            start_ticks INTEGER NOT NULL,
            started_at REAL NOT NULL,
            ended_at REAL,
            outcome TEXT,
            elapsed REAL NOT NULL DEFAULT 0,
            phase TEXT,
            step INTEGER,
            total_steps INTEGER,
            loss REAL,
            PRIMARY KEY (run_key, fence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE checkpoints (
            run_key INTEGER NOT NULL REFERENCES run_records (run_key),
            sequence INTEGER NOT NULL,
            fence INTEGER NOT NULL,
            phase TEXT NOT NULL,
            step INTEGER NOT NULL,
            file TEXT NOT NULL,
            size INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            row_sha256 BLOB NOT NULL,
            PRIMARY KEY (run_key, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE history_rows (
            run_key INTEGER NOT NULL REFERENCES run_records (run_key),
            step INTEGER NOT NULL,
            loss REAL,
            validation_loss REAL,
            gradient_norm REAL,
            learning_rate REAL,
            effective_sample_size REAL,
            likelihood_evaluations INTEGER NOT NULL,
            nonfinite_batches INTEGER NOT NULL,
            seconds REAL,
            PRIMARY KEY (run_key, step)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE metric_values (
            run_key INTEGER NOT NULL REFERENCES run_records (run_key),
            name TEXT NOT NULL,
            parameters TEXT NOT NULL,
            version INTEGER NOT NULL,
            value REAL,
            reason TEXT,
            standard_error REAL,
            sample_sizes TEXT NOT NULL,
            direction TEXT NOT NULL,
            floor_mean REAL,
            floor_sd REAL,
            floor_repetitions INTEGER,
            details TEXT NOT NULL,
            PRIMARY KEY (run_key, name, parameters, version)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE artefact_files (
            run_key INTEGER NOT NULL REFERENCES run_records (run_key),
            name TEXT NOT NULL,
            file TEXT NOT NULL,
            size INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            PRIMARY KEY (run_key, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE artefact_tensors (
            run_key INTEGER NOT NULL REFERENCES run_records (run_key),
            artefact TEXT NOT NULL,
            name TEXT NOT NULL,
            dtype TEXT NOT NULL,
            shape TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            PRIMARY KEY (run_key, artefact, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE run_notes (
            id INTEGER PRIMARY KEY,
            run_key INTEGER NOT NULL REFERENCES run_records (run_key),
            fence INTEGER NOT NULL,
            at REAL NOT NULL,
            text TEXT NOT NULL
        ) STRICT;
        CREATE INDEX run_notes_by_run ON run_notes (run_key);

        CREATE TABLE reference_cache (
            key TEXT NOT NULL PRIMARY KEY,
            text TEXT NOT NULL,
            sha256 BLOB NOT NULL
        ) STRICT;

        CREATE VIEW newest_revisions AS
            SELECT sweeps.name AS sweep, revisions.id AS revision_id, revisions.number AS revision
            FROM sweeps JOIN revisions ON revisions.sweep_id = sweeps.id
            WHERE revisions.number = (SELECT max(other.number) FROM revisions AS other
                                      WHERE other.sweep_id = sweeps.id);

        CREATE VIEW runs AS
            SELECT run_records.id AS run, state, failure_code, failure_message, fence AS attempts,
                configuration, summary, timings
            FROM run_records;

        CREATE VIEW results AS
            SELECT sweep, revision, position, run_records.id AS run, state, axes, configuration,
                metric_values.name AS metric, parameters, version, value, reason, standard_error, sample_sizes,
                direction, floor_mean, floor_sd, floor_repetitions, details
            FROM newest_revisions
            JOIN revision_runs USING (revision_id)
            JOIN run_records USING (run_key)
            JOIN metric_values USING (run_key);

        CREATE VIEW history AS
            SELECT run_records.id AS run, step, loss, validation_loss, gradient_norm, learning_rate,
                effective_sample_size, likelihood_evaluations, nonfinite_batches, seconds
            FROM history_rows JOIN run_records USING (run_key);
        """
}
