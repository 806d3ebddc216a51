import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * The common job in Kafka Streams: the latest state of each dossier in a state store (in memory, with a changelog), the counts beside it; rows
 * to PostgreSQL by JDBC before each commit (Sink). Exact with at_least_once, which is faster than its transactions: an event that
 * is read again is no later than the state, rows are values, and the counts are made anew from the store when a task begins.
 */
public final class Aggregator implements Processor<byte[], byte[], Void, Void> {
    private static final String STATES = "states";
    private static final int STATUS_AT = 33;
    private static final String TO_POSTGRES = "to-postgres";

    private final Event.Decoder decoder = new Event.Decoder();
    private KeyValueStore<String, byte[]> states;
    private final Map<String, Long> counts = new HashMap<>();
    private int partition;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        partition = context.taskId().partition();
        states = context.getStateStore(STATES);
        try (KeyValueIterator<String, byte[]> all = states.all()) {
            all.forEachRemaining(entry -> add(Event.officeOf(entry.key), entry.value[STATUS_AT], 1));
        }
    }

    /** The place of an event in the order, comparable byte by byte, and its status at the end. */
    private static byte[] place(Event e) {
        return ByteBuffer.allocate(STATUS_AT + 1).putLong(e.occurredAt()).put((byte) e.rank()).putLong(e.ingestedAt()).put(e.id())
            .put((byte) e.status()).array();
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        Event event = decoder.decode(record.value());
        Sink sink = Sink.ofThread();
        sink.event(event);
        if (event.status() > 0) {
            byte[] now = place(event);
            byte[] before = states.get(event.code());
            if (before == null || Arrays.compareUnsigned(now, before) >= 0) {
                states.put(event.code(), now);
                sink.state(event);
                move(event.office(), before == null ? 0 : before[STATUS_AT], event.status());
            }
        }
        sink.writeIfFull();
    }

    private void move(String office, int from, int to) {
        if (from == to) {
            return;
        }
        add(office, to, 1);
        if (from > 0) {
            add(office, from, -1);
        }
    }

    private void add(String office, int status, long n) {
        long count = counts.merge(office + '/' + status, n, Long::sum);
        Sink.ofThread().cell(partition, office, status, count);
    }

    /**
     * A store that holds nothing. Kafka Streams flushes the caches of stores, and no longer the stores, before each commit: that is
     * when the rows have to be written.
     */
    private record WriteBeforeCommit() implements StateStore, CachedStateStore<Object, Object> {
        @Override
        public String name() {
            return TO_POSTGRES;
        }

        @Override
        public void init(StateStoreContext context, StateStore root) {
            context.register(root, (key, value) -> { });
        }

        @Override
        public void flushCache() {
            Sink.ofThread().write();
        }

        @Override
        public void clearCache() {
        }

        @Override
        public boolean setFlushListener(CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
            return false;
        }

        @Override
        public void flush() {
            flushCache();
        }

        @Override
        public void close() {
        }

        @Override
        public boolean persistent() {
            return false;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        static StoreBuilder<StateStore> builder() {
            return new StoreBuilder<>() {
                public StoreBuilder<StateStore> withCachingEnabled() { return this; }
                public StoreBuilder<StateStore> withCachingDisabled() { return this; }
                public StoreBuilder<StateStore> withLoggingEnabled(Map<String, String> config) { return this; }
                public StoreBuilder<StateStore> withLoggingDisabled() { return this; }
                public StateStore build() { return new WriteBeforeCommit(); }
                public Map<String, String> logConfig() { return Map.of(); }
                public boolean loggingEnabled() { return false; }
                public String name() { return TO_POSTGRES; }
            };
        }
    }

    public static void main(String[] args) {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, "bench-streams-" + ProcessHandle.current().pid());
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BENCH_BROKERS"));
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        p.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        p.put(StreamsConfig.STATE_DIR_CONFIG, System.getProperty("user.dir") + "/streams-state");
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5000);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 50);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 262144);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");

        Topology topology = new Topology();
        topology.addSource("events", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(),
                           System.getenv("BENCH_TOPIC"));
        topology.addProcessor("fold", Aggregator::new, "events");
        topology.addStateStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STATES), Serdes.String(),
                                                           Serdes.ByteArray()), "fold");
        topology.addStateStore(WriteBeforeCommit.builder(), "fold");
        KafkaStreams streams = new KafkaStreams(topology, p);
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }
}
