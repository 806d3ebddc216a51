import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Rows on their way to PostgreSQL, one connection and one transaction per thread and batch. Everything is written as a value and never as
 * a difference, so writing it again after a crash changes nothing.
 */
final class Sink {
    record Cell(int partition, String office, int status) implements Comparable<Cell> {
        public int compareTo(Cell o) {
            int r = Integer.compare(partition, o.partition);
            r = r != 0 ? r : office.compareTo(o.office);
            return r != 0 ? r : Integer.compare(status, o.status);
        }
    }

    private static final ThreadLocal<Sink> OF_THREAD = ThreadLocal.withInitial(Sink::new);
    private static final int BATCH = Integer.parseInt(System.getenv("BENCH_BATCH"));

    private final List<Event> history = new ArrayList<>();
    private final Map<String, Event> states = new HashMap<>();
    private final Map<Cell, Long> cells = new TreeMap<>();
    private final Connection connection;
    private final PreparedStatement insertHistory;
    private final PreparedStatement upsertState;
    private final PreparedStatement upsertCell;

    static Sink ofThread() {
        return OF_THREAD.get();
    }

    private Sink() {
        try {
            connection = DriverManager.getConnection(System.getenv("BENCH_JDBC"), System.getenv("BENCH_USER"),
                                                     System.getenv("BENCH_PASSWORD"));
            connection.setAutoCommit(false);
            insertHistory = connection.prepareStatement(
                "INSERT INTO bench.dossier_event SELECT * FROM unnest(?::text[], ?::bytea[], ?::bigint[], ?::bigint[],"
                + " ?::text[], ?::smallint[], ?::text[], ?::bytea[]) ON CONFLICT DO NOTHING");
            upsertState = connection.prepareStatement(
                "INSERT INTO bench.dossier SELECT * FROM unnest(?::text[], ?::text[], ?::smallint[], ?::smallint[],"
                + " ?::bigint[], ?::bigint[], ?::bytea[]) ON CONFLICT (code) DO UPDATE SET status = excluded.status,"
                + " rank = excluded.rank, occurred_at = excluded.occurred_at, ingested_at = excluded.ingested_at,"
                + " event_id = excluded.event_id");
            upsertCell = connection.prepareStatement(
                "INSERT INTO bench.rollup SELECT * FROM unnest(?::integer[], ?::text[], ?::smallint[], ?::bigint[])"
                + " ON CONFLICT (partition, office, status) DO UPDATE SET count = excluded.count");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    void event(Event event) {
        history.add(event);
    }

    void state(Event event) {
        states.put(event.code(), event);
    }

    void cell(int partition, String office, int status, long count) {
        cells.put(new Cell(partition, office, status), count);
    }

    /** Called between records, where a batch may end. */
    void writeIfFull() {
        if (history.size() >= BATCH) {
            write();
        }
    }

    void write() {
        if (history.isEmpty()) {
            return;
        }
        try {
            List<Event> latest = states.values().stream().sorted((a, b) -> a.code().compareTo(b.code())).toList();
            List<Map.Entry<Cell, Long>> counts = List.copyOf(cells.entrySet());
            run(insertHistory, column("text", history, Event::code), column("bytea", history, Event::id),
                column("bigint", history, Event::ingestedAt), column("bigint", history, Event::occurredAt),
                column("text", history, Event::kind), column("smallint", history, e -> (short) e.status()),
                column("text", history, Event::source), column("bytea", history, Event::payload));
            run(upsertState, column("text", latest, Event::code), column("text", latest, Event::office),
                column("smallint", latest, e -> (short) e.status()), column("smallint", latest, e -> (short) e.rank()),
                column("bigint", latest, Event::occurredAt), column("bigint", latest, Event::ingestedAt),
                column("bytea", latest, Event::id));
            run(upsertCell, column("integer", counts, c -> c.getKey().partition()),
                column("text", counts, c -> c.getKey().office()),
                column("smallint", counts, c -> (short) c.getKey().status()), column("bigint", counts, Map.Entry::getValue));
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        history.clear();
        states.clear();
        cells.clear();
    }

    private <T> java.sql.Array column(String type, List<T> rows, Function<T, Object> value) throws SQLException {
        Object[] values = type.equals("bytea") ? new byte[rows.size()][] : new Object[rows.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = value.apply(rows.get(i));
        }
        return connection.createArrayOf(type, values);
    }

    private static void run(PreparedStatement statement, java.sql.Array... columns) throws SQLException {
        for (int i = 0; i < columns.length; i++) {
            statement.setArray(i + 1, columns[i]);
        }
        statement.executeUpdate();
    }
}
