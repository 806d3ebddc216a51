import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.functions.TableFunction;
import org.apache.flink.types.Row;

/** A framed record as a row: Flink's own avro-confluent format wants a schema registry, and could not hand on the bytes. */
@FunctionHint(output = @DataTypeHint(
    "ROW<code STRING, office STRING, event_id BYTES, id_hex STRING, ingested_at BIGINT, occurred_at BIGINT, kind STRING,"
    + " status SMALLINT, place SMALLINT, source STRING>"))
public final class Decode extends TableFunction<Row> {
    private transient Event.Decoder decoder;

    public void eval(byte[] value) {
        if (decoder == null) {
            decoder = new Event.Decoder();
        }
        Event e = decoder.decode(value);
        collect(Row.of(e.code(), e.office(), e.id(), e.idHex(), e.ingestedAt(), e.occurredAt(), e.kind(),
                       (short) e.status(), (short) e.rank(), e.source()));
    }
}
