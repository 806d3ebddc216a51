import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/**
 * Collects records up to the batch and inserts them with one statement and one commit; what is collected is written before Connect
 * commits its offsets. At least once, and exact in effect: the history refuses what it has, and the trigger sees only what was added.
 */
public final class JdbcSinkTask extends SinkTask {
    private static final int BATCH = Integer.parseInt(System.getenv("BENCH_BATCH"));

    private final Event.Decoder decoder = new Event.Decoder();
    private final List<Event> events = new ArrayList<>();
    private Connection connection;
    private PreparedStatement insert;

    @Override
    public void start(Map<String, String> config) {
        try {
            connection = DriverManager.getConnection(System.getenv("BENCH_JDBC"), System.getenv("BENCH_USER"),
                                                     System.getenv("BENCH_PASSWORD"));
            try (var statement = connection.createStatement()) {
                statement.execute("SET bench.task = " + Integer.parseInt(config.get("task")));
            }
            connection.setAutoCommit(false);
            insert = connection.prepareStatement(
                "INSERT INTO bench.dossier_event SELECT * FROM unnest(?::text[], ?::bytea[], ?::bigint[], ?::bigint[],"
                + " ?::text[], ?::smallint[], ?::text[], ?::bytea[]) ON CONFLICT DO NOTHING");
        } catch (SQLException e) {
            throw new ConnectException(e);
        }
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        for (SinkRecord record : records) {
            events.add(decoder.decode((byte[]) record.value()));
            if (events.size() >= BATCH) {
                write();
            }
        }
        if (records.isEmpty()) { // nothing more to wait for
            write();
        }
    }

    @Override
    public void flush(Map<TopicPartition, OffsetAndMetadata> offsets) {
        write();
    }

    private void write() {
        if (events.isEmpty()) {
            return;
        }
        try {
            set(1, "text", Event::code);
            set(2, "bytea", Event::id);
            set(3, "bigint", Event::ingestedAt);
            set(4, "bigint", Event::occurredAt);
            set(5, "text", Event::kind);
            set(6, "smallint", e -> (short) e.status());
            set(7, "text", Event::source);
            set(8, "bytea", Event::payload);
            insert.executeUpdate();
            connection.commit();
            events.clear();
        } catch (SQLException e) {
            throw new ConnectException(e);
        }
    }

    private void set(int place, String type, Function<Event, Object> value) throws SQLException {
        Object[] values = type.equals("bytea") ? new byte[events.size()][] : new Object[events.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = value.apply(events.get(i));
        }
        Array array = connection.createArrayOf(type, values);
        insert.setArray(place, array);
    }

    @Override
    public void stop() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new ConnectException(e);
        }
    }

    @Override
    public String version() {
        return "1";
    }
}
