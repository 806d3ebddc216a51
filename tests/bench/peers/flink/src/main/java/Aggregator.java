import java.nio.file.Path;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;

/**
 * The common job in Flink SQL on an embedded mini-cluster with two slots: one statement set over one source, the latest state by
 * ROW_NUMBER() = 1, counts over that, upserts by the JDBC connector. Checkpoints every ten seconds; at least once into tables
 * keyed by what they hold, hence exact in effect.
 */
public final class Aggregator {
    public static void main(String[] args) throws Exception {
        Configuration c = new Configuration();
        c.setString("parallelism.default", "2");
        c.setString("taskmanager.numberOfTaskSlots", "2");
        c.setString("taskmanager.memory.network.min", "64mb");
        c.setString("taskmanager.memory.network.max", "64mb");
        c.setString("execution.checkpointing.interval", "10s");
        c.setString("execution.checkpointing.dir", Path.of("flink-checkpoints").toAbsolutePath().toUri().toString());
        c.setString("state.backend.type", "hashmap");
        c.setString("pipeline.object-reuse", "true");
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(c);
        StreamTableEnvironment t = StreamTableEnvironment.create(env);
        t.getConfig().set("table.exec.mini-batch.enabled", "true");
        t.getConfig().set("table.exec.mini-batch.allow-latency", "200 ms");
        t.getConfig().set("table.exec.mini-batch.size", System.getenv("BENCH_BATCH"));
        t.getConfig().set("table.optimizer.agg-phase-strategy", "TWO_PHASE");
        t.createTemporarySystemFunction("EventOf", Decode.class);

        t.executeSql("CREATE TABLE records (`value` BYTES) WITH ('connector' = 'kafka', 'format' = 'raw', 'topic' = '"
                     + System.getenv("BENCH_TOPIC") + "', 'properties.bootstrap.servers' = '" + System.getenv("BENCH_BROKERS")
                     + "', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset')");
        t.executeSql("CREATE TABLE dossier_event (code STRING, event_id BYTES, ingested_at BIGINT, occurred_at BIGINT,"
                     + " kind STRING, status SMALLINT, source STRING, payload BYTES,"
                     + " PRIMARY KEY (code, event_id, ingested_at) NOT ENFORCED) " + jdbc("dossier_event"));
        t.executeSql("CREATE TABLE dossier (code STRING, office STRING, status SMALLINT, `rank` SMALLINT, occurred_at BIGINT,"
                     + " ingested_at BIGINT, event_id BYTES, PRIMARY KEY (code) NOT ENFORCED) " + jdbc("dossier"));
        t.executeSql("CREATE TABLE counts (`partition` INT, office STRING, status SMALLINT, `count` BIGINT,"
                     + " PRIMARY KEY (`partition`, office, status) NOT ENFORCED) " + jdbc("rollup"));

        t.executeSql("CREATE TEMPORARY VIEW events AS SELECT e.*, r.`value` AS payload"
                     + " FROM records AS r, LATERAL TABLE(EventOf(r.`value`)) AS e");
        t.executeSql("CREATE TEMPORARY VIEW latest AS SELECT code, office, status, place, occurred_at, ingested_at, event_id"
                     + " FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY code"
                     + " ORDER BY occurred_at DESC, place DESC, ingested_at DESC, id_hex DESC) AS n"
                     + " FROM events WHERE status > 0) WHERE n = 1");
        StatementSet all = t.createStatementSet();
        all.addInsertSql("INSERT INTO dossier_event"
                         + " SELECT code, event_id, ingested_at, occurred_at, kind, status, source, payload FROM events");
        all.addInsertSql("INSERT INTO dossier SELECT * FROM latest");
        all.addInsertSql("INSERT INTO counts SELECT 0, office, status, COUNT(*) FROM latest GROUP BY office, status");
        all.execute().await();
        System.exit(0);
    }

    private static String jdbc(String table) {
        return "WITH ('connector' = 'jdbc', 'url' = '" + System.getenv("BENCH_JDBC") + "?reWriteBatchedInserts=true',"
            + " 'table-name' = 'bench." + table + "', 'username' = '" + System.getenv("BENCH_USER") + "', 'password' = '"
            + System.getenv("BENCH_PASSWORD") + "', 'sink.buffer-flush.max-rows' = '" + System.getenv("BENCH_BATCH")
            + "', 'sink.buffer-flush.interval' = '200ms')";
    }
}
